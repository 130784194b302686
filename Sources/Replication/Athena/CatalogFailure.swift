import AWS
import PostgresWire

extension ReplicationError {
    /// A service of AWS that cannot be reached, or refuses.
    init(_ error: AWSError) {
        switch error.code {
        case .invalidEndpoint, .invalidSettings, .noRegion:
            self.init(.configuration, error.description)
        case .cancelled:
            self.init(.cancelled, error.description)
        default:
            self.init(.catalog, error.description, isTransient: error.isTransient)
        }
    }
}

extension AWSError {
    /// Whether it would be the same for every other table; a refusal need not be, as rights may be given table by table.
    var isAboutAll: Bool {
        switch code {
        case .noCredentials, .credentialsFailed, .noRegion, .invalidEndpoint, .transport, .cancelled, .late: true
        default: false
        }
    }

    /// Whether it would be the same for every other statement: rights to run them are given for a work group.
    var isAboutAllStatements: Bool { isAboutAll || isAccessDenied }
}
