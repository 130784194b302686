public import HTTP

/// The region, the endpoints and the manner of requests that the environment and the shared files set.
///
/// A variable wins over the profile's key.
public struct AWSSettings: Sendable {
    let environment: Environment
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

    /// The region as it becomes part of host names.
    ///
    /// - Parameter given: A region to use instead of the one that is set.
    /// - Returns: The region; nil if there is none.
    /// - Throws: `invalidSettings` if it cannot be a region's name.
    public func checkedRegion(_ given: String? = nil) throws(AWSError) -> String? {
        guard let region = given ?? region else { return nil }
        guard Region.isName(region) else {
            throw AWSError(
                .invalidSettings,
                detail: "the region has other characters than lower case letters, digits and hyphens",
                remedy: given == nil ? "Correct AWS_REGION, AWS_DEFAULT_REGION or the profile's region" : nil
            )
        }
        return region
    }

    /// The endpoint set for a service: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's.
    ///
    /// Services have the names of the files: `s3`, `glue`, `athena`, `sts`.
    public func endpoint(service: String) -> String? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else { return nil }
        return environment["AWS_ENDPOINT_URL_\(service.uppercased())"] ?? environment["AWS_ENDPOINT_URL"]
            ?? profile.endpoint(service: service)
    }

    /// The addresses of a service.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - url: A server other than AWS's, instead of the one that is set.
    /// - Returns: The addresses.
    /// - Throws: `invalidEndpoint` for a URL of another form; `invalidSettings` if FIPS is asked for of a server that is
    ///   not of AWS, because nothing tells whether it complies.
    public func endpoints(of service: AWSService, url: String? = nil) throws(AWSError) -> ServiceEndpoints {
        let variant = try variant(service)
        guard let url = url ?? endpoint(service: service.settingsName) else {
            return ServiceEndpoints(service, variant)
        }
        guard !variant.isFIPS else {
            throw AWSError(
                .invalidSettings,
                detail: "AWS_USE_FIPS_ENDPOINT is set, and an endpoint of \(service.settingsName) is set too",
                remedy: "Remove one of the two"
            )
        }
        return ServiceEndpoints(service, variant, custom: try Endpoint(url: url))
    }

    /// How a bucket is addressed: `addressing_style` below `s3` in the profile; nil unless it is `path` or `virtual`.
    public var addressingStyle: String? {
        profile["s3.addressing_style"].map { $0.lowercased() }.flatMap { ["path", "virtual"].contains($0) ? $0 : nil }
    }

    /// The policy with the attempts that `AWS_MAX_ATTEMPTS` or `max_attempts` sets; throws `invalidSettings`.
    public func retryPolicy() throws(AWSError) -> RetryPolicy {
        var policy = RetryPolicy()
        guard let text = environment["AWS_MAX_ATTEMPTS"] ?? profile["max_attempts"] else { return policy }
        guard let attempts = Int(text), (1...100).contains(attempts) else {
            throw AWSError(
                .invalidSettings,
                detail: "AWS_MAX_ATTEMPTS or max_attempts is not a number from 1 to 100"
            )
        }
        policy.maximumAttempts = attempts
        return policy
    }

    /// The file of certificate authorities that `AWS_CA_BUNDLE` or `ca_bundle` names.
    public var certificateAuthorities: String? { environment["AWS_CA_BUNDLE"] ?? profile["ca_bundle"] }

    /// The proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` set, in capitals or not.
    public var proxies: HTTPProxies {
        func value(_ name: String) -> String? { environment[name.lowercased()] ?? environment[name] }
        let all = value("ALL_PROXY")
        return HTTPProxies(
            http: value("HTTP_PROXY") ?? all,
            https: value("HTTPS_PROXY") ?? all,
            exceptions: value("NO_PROXY")
        )
    }

    /// A client with the certificate authorities and the proxies that are set.
    public func httpConfiguration() -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorities = certificateAuthorities
        configuration.proxies = proxies
        return configuration
    }

    // MARK: - Variants

    private func variant(_ service: AWSService) throws(AWSError) -> EndpointVariant {
        var variant = EndpointVariant()
        variant.isFIPS = try flag("AWS_USE_FIPS_ENDPOINT", ["use_fips_endpoint"])
        let keys = service == .s3 ? ["s3.use_dualstack_endpoint"] : []
        variant.isDualStack = try flag("AWS_USE_DUALSTACK_ENDPOINT", keys + ["use_dualstack_endpoint"])
        return variant
    }

    private func flag(_ name: String, _ keys: [String]) throws(AWSError) -> Bool {
        let value = environment[name] ?? keys.lazy.compactMap { profile[$0] }.first
        switch value?.lowercased() {
        case "true": return true
        case "false", nil: return false
        default: throw AWSError(.invalidSettings, detail: "\(name) or \(keys[0]) is neither true nor false")
        }
    }
}
