/// A profile whose credentials come from a login with `aws sso login`.
struct SingleSignOnProfile: Hashable, Sendable {
    /// The section `sso-session` that describes the login; nil where the profile itself does.
    let session: String?
    let startURL: String
    let region: String
    let accountID: String
    let roleName: String
    let profile: String

    /// What the name of the file with the login's token is made from.
    var cacheKey: String { session ?? startURL }

    /// What a person has to do when the login has ended.
    var loginRemedy: String { "Run aws sso login --profile \(profile)" }
}
