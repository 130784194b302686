import CLibPQ

/// A libpq connection string whose secrets never reach a log, an error or a debugger's dump.
///
/// Both of libpq's spellings are read, by libpq itself: `postgresql://user@host:5432/database?option=value` and
/// `host=… dbname=…`. Several hosts and ports are kept as libpq lists them, separated by commas.
public struct DatabaseURL: Sendable, Hashable {
    /// The whole text with the password, for `PQconnectdb` and nothing else.
    public let connectionString: String
    /// The hosts, if the text names any.
    public let host: String?
    /// The ports, if the text names any.
    public let port: String?
    /// The name of the database, if the text has it.
    public let database: String?
    /// The role to log in as, if the text has it.
    public let user: String?

    /// Why a text is no connection string; says what to do and never repeats the text.
    public struct Invalid: Error, Hashable, CustomStringConvertible {
        /// One sentence without a final full stop.
        public let description: String
    }

    /// Reads a connection string without connecting.
    ///
    /// The C function is `PQconninfoParse`. Its own messages quote the text, password included, so they are dropped.
    public init(_ text: String) throws(Invalid) {
        if text.utf8.contains(0) { throw Invalid(description: "it contains a zero byte") }
        try Self.checkSeparators(text)
        guard let options = Self.options(of: text) else {
            throw Invalid(
                description: "libpq cannot read it; write postgresql://user@host:5432/database?option=value and "
                    + "percent-encode special characters"
            )
        }
        connectionString = text
        host = options["host"] ?? options["hostaddr"]
        port = options["port"]
        database = options["dbname"]
        user = options["user"]
        for number in (port ?? "").split(separator: ",") where UInt16(number) == nil || UInt16(number) == 0 {
            // Not quoted: a password with an unencoded slash ends up where the port is expected.
            throw Invalid(description: "the port is no number from 1 to 65535; percent-encode the password")
        }
    }

    /// Refuses URLs whose password holds a raw slash or `@`: libpq would take its pieces for host, port and database.
    private static func checkSeparators(_ text: String) throws(Invalid) {
        guard let scheme = ["postgresql://", "postgres://"].first(where: text.hasPrefix) else {
            if text.contains("://") {
                throw Invalid(description: "the scheme must be postgresql://")
            }
            return
        }
        let rest = text.dropFirst(scheme.count)
        guard let at = rest.firstIndex(of: "@") else { return }
        if rest[..<at].contains("/") || rest[rest.index(after: at)...].contains("@") {
            throw Invalid(description: "an @ or / within user, password or options must be percent-encoded (%40, %2F)")
        }
    }

    /// The options that the text sets, or nil if libpq cannot read it.
    static func options(of text: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        let list = unsafe PQconninfoParse(text, &message)
        defer {
            unsafe PQfreemem(message)
            unsafe PQconninfoFree(list)
        }
        guard var option = unsafe list else { return nil }
        var options: [String: String] = [:]
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val, unsafe value.pointee != 0 {
                unsafe options[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return options
    }
}

// MARK: - Printing

extension DatabaseURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// User, host, port and database: `sluice@db.internal:5432/billing`.
    public var description: String {
        let login = user.map { "\($0)@" } ?? ""
        let address = (host ?? "") + (port.map { ":\($0)" } ?? "")
        let path = database.map { "/\($0)" } ?? ""
        let text = login + address + path
        return text.isEmpty ? "(libpq defaults)" : text
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows ``description`` only, so that `dump` cannot reach the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
