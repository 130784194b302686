/// A set of regions with names and accounts of their own.
struct Partition: Hashable, Sendable {
    /// What its addresses end with.
    let suffix: String
    /// What its addresses end with that also have IPv6 ones; S3 has its own form.
    let dualStackSuffix: String
    /// The region that stands for the whole.
    let mainRegion: String

    /// The partition of a region, by the beginning of its name; the public one if it is not known.
    init(region: String) {
        self = Self.known.first { region.hasPrefix($0.prefix) }?.partition ?? Self.standard
    }

    /// The partition of a resource's name: `arn:aws-cn:…`; the public one if it is not known.
    init(arn: String) {
        let word = arn.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).dropFirst().first ?? ""
        self = Self.known.first { $0.name == word }?.partition ?? Self.standard
    }

    private init(_ suffix: String, _ dualStackSuffix: String, _ mainRegion: String) {
        self.suffix = suffix
        self.dualStackSuffix = dualStackSuffix
        self.mainRegion = mainRegion
    }

    private static let standard = Partition("amazonaws.com", "api.aws", Region.global)

    private static let known: [(name: String, prefix: String, partition: Partition)] = [
        ("aws-cn", "cn-", Partition("amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1")),
        ("aws-us-gov", "us-gov-", Partition("amazonaws.com", "api.aws", "us-gov-west-1")),
        ("aws-eusc", "eusc-", Partition("amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1")),
        ("aws-iso", "us-iso-", Partition("c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1")),
        ("aws-iso-b", "us-isob-", Partition("sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1")),
        ("aws-iso-e", "eu-isoe-", Partition("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1")),
        ("aws-iso-f", "us-isof-", Partition("csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1")),
    ]
}
