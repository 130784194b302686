/// Why a file could not be read.
public struct ParquetReadError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Equatable {
        private enum Kind: Sendable, Equatable { case truncated, malformed, unsupported, tooLarge, checksum, io }
        private let kind: Kind

        /// Bytes end before what they announce.
        public static let truncated = Code(kind: .truncated)
        /// Bytes contradict the format or themselves.
        public static let malformed = Code(kind: .malformed)
        /// The format knows it, this reader does not.
        public static let unsupported = Code(kind: .unsupported)
        /// Something is larger than this reader allows.
        public static let tooLarge = Code(kind: .tooLarge)
        /// A page does not have the checksum that its header states.
        public static let checksum = Code(kind: .checksum)
        /// The bytes could not be fetched.
        public static let io = Code(kind: .io)
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, where.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
