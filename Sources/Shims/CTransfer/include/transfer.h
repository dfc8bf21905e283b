// A request over HTTP whose answer is handed on as it arrives.

#ifndef FOVEA_TRANSFER_H
#define FOVEA_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    // http:// or https://
    const char *url;
    // "Name: value", each; `Authorization` goes to the url's own host only.
    const char *const *headers;
    size_t header_count;
    // HEAD: asks for the headers alone, and takes a redirect for the answer. Else GET, and redirects are followed.
    int only_headers;
    // Given up after so many seconds without a byte.
    int patience;
    // Handed to both functions below.
    void *context;
    // A line of the answer's head, without its end; a new "HTTP/..." line begins another answer, as after a redirect.
    void (*line)(void *context, const char *text, size_t length);
    // Bytes of the body. Another value than 0 ends the transfer.
    int (*bytes)(void *context, const void *bytes, size_t length);
} fovea_transfer_request;

typedef enum {
    FOVEA_TRANSFER_DONE = 0,
    // `bytes` ended it.
    FOVEA_TRANSFER_ENDED,
    FOVEA_TRANSFER_FAILED,
    FOVEA_TRANSFER_NO_LIBRARY,
} fovea_transfer_status;

// Sends the request and waits for the end of the answer. `reason` says what is wrong, in libcurl's words, if it fails.
fovea_transfer_status fovea_transfer(const fovea_transfer_request *request, char reason[256]);

#endif
