#include "include/transfer.h"

#include <stdio.h>
#include <string.h>

#if __has_include(<curl/curl.h>)

#include <dlfcn.h>
#include <pthread.h>

#include <curl/curl.h>

#define EACH_FUNCTION(each) \
    each(easy_init) each(easy_setopt) each(easy_perform) each(easy_cleanup) each(easy_strerror) each(global_init) \
    each(slist_append) each(slist_free_all)

// The functions of the library that are used, by their own names.
#define DECLARE(name) __typeof__(&curl_##name) name;
static struct {
    EACH_FUNCTION(DECLARE)
    int is_there;
} curl;

static void open_library(void) {
    static const char *const names[] = {
#ifdef __APPLE__
        "/usr/lib/libcurl.4.dylib",
#else
        "libcurl.so.4", "libcurl-gnutls.so.4",
#endif
    };
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    int found_all = 1;
#define FIND(name)                                       \
    {                                                    \
        void *found = dlsym(library, "curl_" #name);     \
        memcpy(&curl.name, &found, sizeof found);        \
        if (!found) found_all = 0;                       \
    }
    EACH_FUNCTION(FIND)
    curl.is_there = found_all && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

#if LIBCURL_VERSION_NUM >= 0x075500
#define ONLY_HTTP(option) SET(CURLOPT_##option##_STR, "http,https")
#else
#define ONLY_HTTP(option) SET(CURLOPT_##option, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS))
#endif

// libcurl ends every line with CR LF; the empty one ends the head.
static size_t take_line(char *text, size_t size, size_t count, void *data) {
    const fovea_transfer_request *request = data;
    size_t length = size * count;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
    if (length > 0) request->line(request->context, text, length);
    return size * count;
}

struct body {
    const fovea_transfer_request *request;
    int was_ended;
};

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data) {
    struct body *body = data;
    if (body->request->bytes(body->request->context, bytes, size * count) != 0) {
        body->was_ended = 1;
        return 0;
    }
    return size * count;
}

fovea_transfer_status fovea_transfer(const fovea_transfer_request *request, char reason[256]) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_library);
    reason[0] = 0;
    if (!curl.is_there) return FOVEA_TRANSFER_NO_LIBRARY;
    CURL *handle = curl.easy_init();
    struct curl_slist *headers = NULL;
    char message[CURL_ERROR_SIZE] = "";
    struct body body = {request, 0};
    CURLcode code = handle ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    for (size_t i = 0; code == CURLE_OK && i < request->header_count; i++) {
        struct curl_slist *longer = curl.slist_append(headers, request->headers[i]);
        if (longer) headers = longer;
        else code = CURLE_OUT_OF_MEMORY;
    }
#define SET(option, value) \
    if (code == CURLE_OK) code = curl.easy_setopt(handle, option, value)
    SET(CURLOPT_URL, request->url);
    ONLY_HTTP(PROTOCOLS);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_NOBODY, request->only_headers ? 1L : 0L);
    SET(CURLOPT_FOLLOWLOCATION, request->only_headers ? 0L : 1L);
    ONLY_HTTP(REDIR_PROTOCOLS);
    SET(CURLOPT_MAXREDIRS, 20L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)request->patience);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, (long)request->patience);
    SET(CURLOPT_ERRORBUFFER, message);
    SET(CURLOPT_HEADERFUNCTION, take_line);
    SET(CURLOPT_HEADERDATA, request);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_WRITEDATA, &body);
    if (code == CURLE_OK) code = curl.easy_perform(handle);
    if (code != CURLE_OK) snprintf(reason, 256, "%s", message[0] ? message : curl.easy_strerror(code));
    if (handle) curl.easy_cleanup(handle);
    curl.slist_free_all(headers);
    return code == CURLE_OK ? FOVEA_TRANSFER_DONE : body.was_ended ? FOVEA_TRANSFER_ENDED : FOVEA_TRANSFER_FAILED;
}

#else

fovea_transfer_status fovea_transfer(const fovea_transfer_request *request, char reason[256]) {
    (void)request;
    reason[0] = 0;
    return FOVEA_TRANSFER_NO_LIBRARY;
}

#endif
