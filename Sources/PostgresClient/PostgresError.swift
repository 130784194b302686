/// What went wrong between us and the server.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Equatable {
        private enum Kind: Sendable, Equatable { case connect, connectionLost, server, protocolViolation }
        private let kind: Kind

        /// No connection could be made.
        public static let connect = Code(kind: .connect)
        /// The connection broke.
        public static let connectionLost = Code(kind: .connectionLost)
        /// The server refused a command; ``PostgresError/sqlState`` says why.
        public static let server = Code(kind: .server)
        /// The server sent what the protocol does not allow.
        public static let protocolViolation = Code(kind: .protocolViolation)
    }

    /// The kind of failure.
    public let code: Code
    /// The five characters of SQLSTATE, where the server sent them.
    public let sqlState: String?
    /// The server's primary message, or ours.
    ///
    /// Never holds row values: DETAIL and CONTEXT are left out.
    public let message: String
    /// The libpq function that failed.
    public let function: StaticString

    init(_ code: Code, sqlState: String? = nil, message: String, function: StaticString) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.function = function
    }

    /// The message with its SQLSTATE.
    public var description: String {
        guard let sqlState else { return message }
        return "\(message) (SQLSTATE \(sqlState))"
    }
}
