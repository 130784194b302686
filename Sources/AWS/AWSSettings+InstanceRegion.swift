public import HTTP

extension AWSSettings {
    /// Makes the last resort for a region that is set nowhere: the metadata service of the machine.
    ///
    /// - Parameter http: Sends the requests, each for a second at most unless the variables say otherwise.
    /// - Returns: What asks the service and throws `noRegion` if it does not serve; nil if it is turned off.
    /// - Throws: `invalidSettings` if a variable of the service means nothing.
    public func regionOfInstance(
        _ http: HTTPClient
    ) throws(AWSError) -> (@Sendable () async throws(AWSError) -> String)? {
        guard let metadata = try InstanceMetadata(environment: environment, http: http) else { return nil }
        return { () async throws(AWSError) in
            do throws(AWSError) {
                return try await metadata.region()
            } catch {
                guard error.code != .cancelled else { throw error }
                throw AWSError(
                    .noRegion,
                    detail: "no region is set, and this machine does not tell its own: \(error.detail)",
                    remedy: "Set AWS_REGION, or a region in the profile"
                )
            }
        }
    }
}
