/// The addresses of one service: of AWS in each region, or one of its user's.
public struct ServiceEndpoints: Hashable, Sendable {
    /// A server other than AWS's.
    public let custom: Endpoint?
    /// Which of AWS's own addresses are used.
    public let variant: EndpointVariant
    private let service: AWSService

    /// Makes the addresses of a service.
    public init(_ service: AWSService, _ variant: EndpointVariant = EndpointVariant(), custom: Endpoint? = nil) {
        self.service = service
        self.variant = variant
        self.custom = custom
    }

    /// The server of a region.
    public func callAsFunction(_ region: String) -> Endpoint {
        custom ?? Endpoint(host: service.host(region: region, variant))
    }
}
