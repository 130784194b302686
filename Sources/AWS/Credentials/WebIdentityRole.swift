/// A role that the token in a file allows to take: that of a Kubernetes service account, most often.
struct WebIdentityRole: Hashable, Sendable {
    let arn: String
    /// Read again for every session, because its writer renews it.
    let tokenFile: String
    let sessionName: String
    /// In seconds; an hour unless set.
    var duration: Int?
    /// What sets it up, for messages: variables or a profile.
    let origin: String
}
