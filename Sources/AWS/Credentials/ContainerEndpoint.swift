/// Where a container asks for credentials, and with what.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is a path on the address of ECS; `AWS_CONTAINER_CREDENTIALS_FULL_URI` is a
/// URL, over plain HTTP only of this machine or of the addresses of ECS and EKS: whoever can set a variable must not
/// have our token sent to a host of theirs.
struct ContainerEndpoint: Sendable {
    /// The address of ECS.
    static let address = "http://169.254.170.2"

    private static let links: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    let url: String
    let host: String
    /// Read again for every request, because its writer renews it.
    let tokenFile: String?
    let token: Secret?

    /// Reads the variables; nil if neither of the two is set.
    ///
    /// - Throws: `credentialsFailed` if the address is not allowed.
    init?(environment: Environment, address: String = Self.address) throws(AWSError) {
        let names = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        tokenFile = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
        token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"].map(Secret.init)
        if let path = environment[names[0]] {
            guard path.hasPrefix("/"), Self.isPlain(path) else {
                throw AWSError(.credentialsFailed, detail: "\(names[0]) is not a path that begins with /")
            }
            url = address + path
            host = address
        } else if let full = environment[names[1]] {
            (url, host) = try Self.allowed(full, names[1])
        } else {
            return nil
        }
    }

    private static func allowed(_ url: String, _ name: String) throws(AWSError) -> (url: String, host: String) {
        let schemeEnd = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let pathStart = url[schemeEnd...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        let path = url[pathStart...]
        guard let endpoint = try? Endpoint(url: String(url[..<pathStart])), isPlain(path), !path.contains("#") else {
            throw AWSError(.credentialsFailed, detail: "\(name) is not an http or https URL of a host and a path")
        }
        guard endpoint.isSecure || NetworkAddress.isLoopback(endpoint.host) || links.contains(endpoint.host) else {
            throw AWSError(
                .credentialsFailed,
                detail: "\(name) names \(endpoint.origin), which is not allowed over plain HTTP",
                remedy: "Use https, or a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]"
            )
        }
        return (endpoint.origin + path, endpoint.origin)
    }

    /// Visible ASCII, and no `\`, which some read as `/`.
    private static func isPlain(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }
}
