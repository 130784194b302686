import CLibPQ

/// One connection to PostgreSQL, used by one thread at a time.
@safe
public struct PostgresConnection: ~Copyable {
    let handle: OpaquePointer

    /// The size to which libpq's input buffer is grown when the connection is made.
    ///
    /// libpq reads as much as fits into its buffer, which begins with 16 KiB and grows only for a larger message but
    /// never shrinks. With 1 MiB one `recv` fetches what otherwise takes dozens.
    static let inputBufferByteCount = 1 << 20

    /// Opens a connection.
    ///
    /// The corresponding C function is `PQconnectdbParams`.
    ///
    /// - Parameters:
    ///   - uri: A libpq URI or keyword string.
    ///   - defaults: Parameters that hold where the URI says nothing else.
    /// - Throws: ``PostgresError`` with code `connect`.
    public init(uri: String, defaults: [(String, String)] = []) throws(PostgresError) {
        unsafe handle = try unsafe Self.open(uri: uri, defaults: defaults)
    }

    private static func open(
        uri: String,
        defaults: [(String, String)]
    ) throws(PostgresError) -> OpaquePointer {
        // The last value given for a keyword wins, so the URI stands last and overrides the defaults.
        let opened = unsafe withOptionalCStrings(defaults.map(\.0) + ["dbname"]) { keywords in
            unsafe withOptionalCStrings(defaults.map(\.1) + [uri]) { values in
                unsafe PQconnectdbParams(keywords, values, 1)
            }
        }
        guard let opened = unsafe opened else {
            throw PostgresError(.connect, message: "out of memory", function: "PQconnectdbParams")
        }
        guard unsafe PQstatus(opened) == CONNECTION_OK else {
            let message = unsafe trimmed(PQerrorMessage(opened))
            unsafe PQfinish(opened)
            throw PostgresError(.connect, message: message, function: "PQconnectdbParams")
        }
        // By default libpq prints notices to standard error, past the log and whatever they quote.
        unsafe PQsetNoticeProcessor(opened, { _, _ in }, nil)
        return unsafe opened
    }

    deinit { unsafe PQfinish(handle) }

    /// The server's version as a number: 150018 is 15.18.
    public var serverVersion: Int { unsafe Int(PQserverVersion(handle)) }

    /// A parameter that the server reported, like `server_encoding`.
    public func parameterStatus(_ name: String) -> String? {
        guard let value = unsafe PQparameterStatus(handle, name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The host, port, user and database that libpq really used.
    public var target: (host: String, port: String, user: String, database: String) {
        func text(_ pointer: UnsafePointer<CChar>?) -> String {
            unsafe pointer.map { unsafe String(cString: $0) } ?? ""
        }
        return unsafe (text(PQhost(handle)), text(PQport(handle)), text(PQuser(handle)), text(PQdb(handle)))
    }

    /// Lets libpq read a mebibyte at a time; worth one small query for whoever is about to read much.
    public func growInputBuffer() throws(PostgresError) {
        _ = try command("SELECT pg_catalog.repeat(' ', \(Self.inputBufferByteCount))")
    }

    /// Runs a command and returns its rows as text.
    ///
    /// The corresponding C function is `PQexecParams`.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`… for the parameters.
    ///   - parameters: The parameters as text; `nil` is NULL.
    /// - Returns: The rows; none for a command that has none.
    /// - Throws: ``PostgresError`` with code `server` or `connectionLost`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> PostgresRows {
        let result = unsafe withOptionalCStrings(parameters) { values in
            unsafe PQexecParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        return unsafe try rows(of: result, function: "PQexecParams")
    }

    /// Runs a command of the simple protocol, the only one that a replication connection speaks.
    ///
    /// The corresponding C function is `PQexec`.
    ///
    /// - Parameter sql: A statement, or a command of the replication protocol.
    /// - Returns: The rows; none for a command that has none.
    /// - Throws: ``PostgresError`` with code `server` or `connectionLost`.
    @discardableResult
    public func command(_ sql: String) throws(PostgresError) -> PostgresRows {
        unsafe try rows(of: PQexec(handle, sql), function: "PQexec")
    }

    private func rows(of result: OpaquePointer?, function: StaticString) throws(PostgresError) -> PostgresRows {
        guard let result = unsafe result else {
            throw unsafe PostgresError(
                .connectionLost,
                message: trimmed(PQerrorMessage(handle)),
                function: function
            )
        }
        defer { unsafe PQclear(result) }
        switch unsafe PQresultStatus(result) {
        case PGRES_TUPLES_OK: return unsafe PostgresRows(copying: result)
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return unsafe PostgresRows(copying: nil)
        default: throw unsafe serverError(result, function: function)
        }
    }

    /// A way for other threads to end the command that is running here.
    ///
    /// The corresponding C function is `PQgetCancel`. Returns nil if there is no memory for it.
    public func makeInterrupt() -> PostgresInterrupt? {
        unsafe PQgetCancel(handle).map { unsafe PostgresInterrupt(adopting: $0) }
    }

    /// Quotes an identifier for use in a command.
    ///
    /// The corresponding C function is `PQescapeIdentifier`.
    public func quote(identifier: String) throws(PostgresError) -> String {
        guard let quoted = unsafe PQescapeIdentifier(handle, identifier, identifier.utf8.count) else {
            throw unsafe PostgresError(
                .server,
                message: trimmed(PQerrorMessage(handle)),
                function: "PQescapeIdentifier"
            )
        }
        defer { unsafe PQfreemem(quoted) }
        return unsafe String(cString: quoted)
    }

    /// Quotes a literal for use in a command.
    ///
    /// The corresponding C function is `PQescapeLiteral`.
    public func quote(literal: String) throws(PostgresError) -> String {
        guard let quoted = unsafe PQescapeLiteral(handle, literal, literal.utf8.count) else {
            throw unsafe PostgresError(.server, message: trimmed(PQerrorMessage(handle)), function: "PQescapeLiteral")
        }
        defer { unsafe PQfreemem(quoted) }
        return unsafe String(cString: quoted)
    }

    /// The error of a failed result: only SQLSTATE and the primary message, since DETAIL can hold row values.
    func serverError(_ result: OpaquePointer?, function: StaticString) -> PostgresError {
        func field(_ code: Int32) -> String? {
            unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) }
        }
        let sqlState = field(Int32(UInt8(ascii: "C")))
        let message = unsafe field(Int32(UInt8(ascii: "M"))) ?? trimmed(PQerrorMessage(handle))
        let isLost = unsafe PQstatus(handle) != CONNECTION_OK
        return PostgresError(
            isLost ? .connectionLost : .server,
            sqlState: sqlState,
            message: message,
            function: function
        )
    }
}

/// Rows of a small result, as text.
public struct PostgresRows: Sendable {
    /// The rows; `nil` is NULL.
    public let rows: [[String?]]

    init(copying result: OpaquePointer?) {
        guard let result = unsafe result else {
            rows = []
            return
        }
        let columnCount = unsafe PQnfields(result)
        rows = unsafe (0..<PQntuples(result)).map { row in
            (0..<columnCount).map { column in
                unsafe PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    /// The first cell of the first row.
    public var scalar: String? { rows.first?.first ?? nil }
}

/// libpq ends its messages with a newline and may put several on lines of their own.
func trimmed(_ message: UnsafePointer<CChar>?) -> String {
    guard let message = unsafe message else { return "unknown error" }
    // Lines after the first may be indented.
    let lines = unsafe String(cString: message).split(separator: "\n").map { $0.drop { $0 == "\t" || $0 == " " } }
    return lines.joined(separator: "; ")
}

private func withOptionalCStrings<R>(
    _ strings: [String?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
    var bytes: [UInt8] = []
    var offsets: [Int?] = []
    for string in strings {
        guard let string else {
            offsets.append(nil)
            continue
        }
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8)
        bytes.append(0)
    }
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        let base = unsafe UnsafeRawPointer(buffer.baseAddress)
        var pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
            unsafe offset.flatMap { offset in
                unsafe base.map { unsafe ($0 + offset).assumingMemoryBound(to: CChar.self) }
            }
        }
        unsafe pointers.append(nil)
        return unsafe pointers.withUnsafeMutableBufferPointer {
            unsafe body(UnsafePointer($0.baseAddress.unsafelyUnwrapped))
        }
    }
}
