/// What looking in one place came to.
enum CredentialsSearch: Sendable {
    /// These.
    case found(Credentials)
    /// There are none here, and why; perhaps only for the moment.
    case absent(String, isTransient: Bool = false)
}
