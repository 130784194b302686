/// The region and the endpoints that the environment and the shared files set.
public struct AWSSettings: Sendable {
    private let environment: Environment
    private let profile: SharedProfile

    /// Reads the shared files once.
    public init(environment: Environment = .process, profile: String? = nil) {
        self.environment = environment
        self.profile = SharedProfile(name: profile, environment: environment)
    }

    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`, else the profile's region.
    public var region: String? {
        environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profile.region
    }

    /// The endpoint set for a service: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's.
    ///
    /// Services have the names of the files: `s3`, `glue`, `athena`, `sts`.
    public func endpoint(service: String) -> String? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return nil }
        return environment["AWS_ENDPOINT_URL_\(service.uppercased())"] ?? environment["AWS_ENDPOINT_URL"]
            ?? profile.endpoint(service: service)
    }

    /// The file of certificate authorities that `AWS_CA_BUNDLE` names.
    public var certificateAuthorities: String? { environment["AWS_CA_BUNDLE"] }
}
