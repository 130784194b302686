extension DatabaseURL {
    /// Options whose values nobody is to read.
    private static let secretOptions: Set<String> = ["password", "sslpassword"]
    /// Options that have a place of their own in a URL.
    private static let placedOptions: Set<String> = ["user", "host", "port", "dbname"]

    /// The same connection as a URL without passwords, to be written down: libpq takes it back, and asks for the password
    /// where it always does.
    public var withoutSecrets: String {
        let options = Self.options(of: connectionString) ?? [:]
        let rest = options.keys.filter { !Self.placedOptions.contains($0) && !Self.secretOptions.contains($0) }.sorted()
        var query = rest.map { "\($0)=\(Self.encoded(options[$0] ?? ""))" }
        var text = "postgresql://"
        if let user = options["user"] { text += "\(Self.encoded(user))@" }
        if let hosts = options["host"], !hosts.contains("/") {
            text += Self.authority(hosts, ports: options["port"])
        } else {
            // The folder of a socket has no place where hosts have theirs.
            query += ["host", "port"].compactMap { key in options[key].map { "\(key)=\(Self.encoded($0))" } }
        }
        if let database = options["dbname"] { text += "/\(Self.encoded(database))" }
        return query.isEmpty ? text : "\(text)\(options["dbname"] == nil ? "/" : "")?\(query.joined(separator: "&"))"
    }

    /// Hosts with their ports, of which one holds for all if it is alone.
    private static func authority(_ hosts: String, ports: String?) -> String {
        let hosts = hosts.split(separator: ",", omittingEmptySubsequences: false)
        let ports = ports?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        return hosts.enumerated().map { index, host in
            let name = host.contains(":") ? "[\(host)]" : encoded(String(host))
            let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
            return port.isEmpty ? name : "\(name):\(port)"
        }.joined(separator: ",")
    }

    /// The text with all but letters, digits, `-`, `.`, `_` and `~` percent-encoded.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": encoded.unicodeScalars.append(scalar)
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
