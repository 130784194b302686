/// Why a store could not do what it was asked.
public struct ObjectStorageError: Error, Sendable {
    /// What went wrong, in a word.
    public struct Code: Hashable, Sendable {
        private enum Kind {
            case notFound, conflict, invalidKey, invalidRange, tooLarge, bodyUnreadable, invalidLocation
            case accessDenied, bucketMissing, folderMissing, wrongRegion, noCredentials, diskFull
            case corrupted, unavailable, rejected, cancelled, systemFailure
        }

        private let kind: Kind

        /// There is no object of this key.
        public static let notFound = Code(kind: .notFound)
        /// The condition of a write does not hold, or the version asked for is no longer there.
        public static let conflict = Code(kind: .conflict)
        /// The key breaks the rules of `ObjectKey`, or collides with another in a folder.
        public static let invalidKey = Code(kind: .invalidKey)
        /// The object ends before the range does.
        public static let invalidRange = Code(kind: .invalidRange)
        /// The object is larger than can be read or written at once.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The file that was to be written could not be read, or changed meanwhile.
        public static let bodyUnreadable = Code(kind: .bodyUnreadable)
        /// The text is not a location of a store.
        public static let invalidLocation = Code(kind: .invalidLocation)
        /// Permission is missing, on S3 or in the file system.
        public static let accessDenied = Code(kind: .accessDenied)
        /// The bucket does not exist.
        public static let bucketMissing = Code(kind: .bucketMissing)
        /// The folder does not exist.
        public static let folderMissing = Code(kind: .folderMissing)
        /// The bucket is in another region.
        public static let wrongRegion = Code(kind: .wrongRegion)
        /// No credentials were found.
        public static let noCredentials = Code(kind: .noCredentials)
        /// The file system or the quota is full.
        public static let diskFull = Code(kind: .diskFull)
        /// What the store has is not what was sent.
        public static let corrupted = Code(kind: .corrupted)
        /// The store could not be reached or was overloaded, after all attempts.
        public static let unavailable = Code(kind: .unavailable)
        /// The store refused for another reason.
        public static let rejected = Code(kind: .rejected)
        /// The task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// The operating system or a library failed.
        public static let systemFailure = Code(kind: .systemFailure)
    }

    /// What went wrong.
    public let code: Code
    /// What and where, in a sentence; never a secret.
    public let detail: String
    /// What to do about it, if that is known.
    public let remedy: String?
    /// Whether the same call may succeed later, with nothing repaired in between.
    public let isTransient: Bool
    /// What reported it.
    public let underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code,
        _ detail: String,
        remedy: String? = nil,
        isTransient: Bool = false,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.isTransient = isTransient
        self.underlying = underlying
    }
}

extension ObjectStorageError: CustomStringConvertible {
    /// The sentence and the remedy.
    public var description: String {
        guard let remedy else { return detail }
        return "\(detail). \(remedy)"
    }
}
