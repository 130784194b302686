import Glibc

/// What the text of a host says about where it is.
enum NetworkAddress {
    /// Whether the host is this machine by its very text: nothing is looked up.
    ///
    /// The corresponding C function is `inet_pton`.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        if host.hasPrefix("["), host.hasSuffix("]") {
            var address = in6_addr()
            guard unsafe inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1 else { return false }
            let bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
            return bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }
        var address = in_addr()
        guard unsafe inet_pton(AF_INET, host, &address) == 1 else { return false }
        return UInt32(bigEndian: address.s_addr) >> 24 == 127
    }
}
