/// A service of AWS: what signatures, settings and addresses call it.
public struct AWSService: Hashable, Sendable {
    /// The name in signatures.
    public let signingName: String
    /// The name in the shared files and, in capitals, in `AWS_ENDPOINT_URL_…`.
    public let settingsName: String
    /// What its addresses begin with.
    private let hostName: String
    /// Whether its ordinary addresses in GovCloud are those with validated cryptography.
    private let isValidatedInGovCloud: Bool

    private init(_ signingName: String, settings: String? = nil, host: String? = nil, inGovCloud: Bool = false) {
        self.signingName = signingName
        settingsName = settings ?? signingName
        hostName = host ?? signingName
        isValidatedInGovCloud = inGovCloud
    }

    /// Objects.
    public static let s3 = AWSService("s3")
    /// The catalog of tables.
    public static let glue = AWSService("glue")
    /// Queries.
    public static let athena = AWSService("athena")
    /// Log events.
    public static let logs = AWSService("logs", settings: "cloudwatch_logs", inGovCloud: true)
    /// Metrics.
    public static let cloudWatch = AWSService("monitoring", settings: "cloudwatch", inGovCloud: true)
    /// Temporary credentials.
    public static let sts = AWSService("sts", inGovCloud: true)
    /// The portal that has the credentials of a login; its requests carry a token instead of a signature.
    static let portal = AWSService("awsssoportal", settings: "sso", host: "portal.sso", inGovCloud: true)
    /// The tokens of logins; its requests are not signed.
    static let logins = AWSService("sso-oauth", settings: "sso_oidc", host: "oidc", inGovCloud: true)

    /// The host that the service has in a region.
    ///
    /// - Parameters:
    ///   - region: The region.
    ///   - variant: Which of its addresses.
    /// - Returns: The host; for S3 the one that the bucket's name comes before.
    public func host(region: String, _ variant: EndpointVariant = EndpointVariant()) -> String {
        let partition = Partition(region: region)
        var name = hostName
        if variant.isFIPS {
            // In GovCloud these have the name without the addition, but for those with IPv6 where that is another host.
            let isPlain = isValidatedInGovCloud && region.hasPrefix("us-gov-")
            if !isPlain || (variant.isDualStack && self != .cloudWatch) { name += "-fips" }
        }
        if self == .s3 { return "\(name)\(variant.isDualStack ? ".dualstack" : "").\(region).\(partition.suffix)" }
        return "\(name).\(region).\(variant.isDualStack ? partition.dualStackSuffix : partition.suffix)"
    }
}
