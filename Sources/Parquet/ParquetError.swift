/// Why a file could not be written.
public struct ParquetError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure that callers tell apart.
    public struct Code: Sendable, Equatable {
        private enum Kind: Sendable, Equatable {
            case invalidSchema, invalidOptions, compression, tooLarge, schemaMismatch, io
        }
        private let kind: Kind

        /// The schema cannot be stored.
        public static let invalidSchema = Code(kind: .invalidSchema)
        /// The options name a column that is not there, or ask for what its type cannot be.
        public static let invalidOptions = Code(kind: .invalidOptions)
        /// A compressor failed.
        public static let compression = Code(kind: .compression)
        /// A value or page is larger than the format's 32-bit sizes allow.
        public static let tooLarge = Code(kind: .tooLarge)
        /// A batch does not have the columns of the schema, or its columns differ in length.
        public static let schemaMismatch = Code(kind: .schemaMismatch)
        /// The bytes could not be written, or those of another file could not be read.
        public static let io = Code(kind: .io)
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, where.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
