/// A role to take, and how.
struct AssumedRole: Hashable, Sendable {
    /// Of AWS, in seconds.
    static let durations = 900...43_200

    let arn: String
    /// What the session is called in the account's records.
    var sessionName: String
    var externalID: String?
    /// In seconds; an hour unless set.
    var duration: Int?
    /// The profile that describes it, for messages.
    let profile: String

    /// A name for a session that has been given none.
    static func defaultSessionName(at moment: Timestamp) -> String { "sluice-\(moment.seconds)" }

    /// Whether AWS takes this as a session's name: 2 to 64 letters, digits and `_+=,.@-`.
    static func isSessionName(_ text: String) -> Bool {
        (2...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "_+=,.@-".utf8.contains(byte)
            }
    }
}
