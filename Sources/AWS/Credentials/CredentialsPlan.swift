/// How credentials are had, as a profile describes it.
///
/// Making a plan asks nobody.
indirect enum CredentialsPlan: Sendable {
    /// They are written down.
    case keys(Credentials)
    /// A role that others' credentials allow to take.
    case role(AssumedRole, source: CredentialsPlan)
    /// A role that a token of an identity provider allows to take.
    case webIdentity(WebIdentityRole)
    /// The login of a person at IAM Identity Center.
    case singleSignOn(SingleSignOnProfile)
    /// A program prints them.
    case process(CredentialProcess)
    /// The variables `AWS_ACCESS_KEY_ID` and so on.
    case environment
    /// The endpoint of the container.
    case container
    /// The metadata service of the machine.
    case instance
}
