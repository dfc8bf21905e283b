// Where Fovea keeps what it can make or fetch again: data sets that were downloaded, pictures that were decoded.

import Foundation

/// `$FOVEA_HOME/NAME`, or `fovea/NAME` in the XDG cache folder.
package func cacheFolder(_ name: String, _ environment: [String: String]) -> String {
    if let home = environment["FOVEA_HOME"], !home.isEmpty { return home + "/" + name }
    // A relative path is to be ignored (XDG Base Directory Specification 0.8).
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/fovea/" + name }
    return (environment["HOME"] ?? NSHomeDirectory()) + "/.cache/fovea/" + name
}
