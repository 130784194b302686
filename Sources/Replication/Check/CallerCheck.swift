import AWS
import HTTP
import ObjectStorage

/// Whom AWS takes us for.
struct CallerCheck {
    let lake: LakeOptions
    var environment = Environment.process

    /// Asks the token service; nothing is asked where the lake is not on AWS.
    func findings() async -> [Finding] {
        guard case .s3 = lake.location else { return [] }
        do throws(AWSError) {
            let settings = AWSSettings(environment: environment, profile: lake.profile)
            // A store of somebody else's has no such service, unless its address is set.
            let isElsewhere = lake.endpoint != nil || settings.endpoint(service: "s3") != nil
            guard !isElsewhere || settings.endpoint(service: "sts") != nil else { return [] }
            let http = try Self.client(settings)
            guard let region = try await region(settings, http) else { return [] }
            let credentials = DefaultCredentials(
                environment: environment,
                profile: lake.profile,
                region: region,
                http: http
            )
            let service = STSClient(
                region: region,
                endpoints: try settings.endpoints(of: .sts),
                http: http,
                retry: try settings.retryPolicy()
            )
            let caller = try await service.callerIdentity(credentials)
            return [Finding(.ok, .aws, "identity", "\(caller.arn), account \(caller.account)")]
        } catch {
            return [Self.finding(error)]
        }
    }

    private func region(_ settings: AWSSettings, _ http: HTTPClient) async throws(AWSError) -> String? {
        if let region = try settings.checkedRegion(lake.region) { return region }
        return try await settings.regionOfInstance(http)?()
    }

    private static func client(_ settings: AWSSettings) throws(AWSError) -> HTTPClient {
        do throws(HTTPError) {
            return try HTTPClient(settings.httpConfiguration())
        } catch {
            throw AWSError(.transport, detail: "\(error)")
        }
    }

    /// What a failure means: whoever has no credentials is nobody, while a network without the service may be one that
    /// is closed on purpose.
    static func finding(_ error: AWSError) -> Finding {
        let isNobody = [.noCredentials, .credentialsFailed, .invalidSettings].contains(error.code)
        var remedies = error.remedy.map { [Remedy.advice($0)] } ?? []
        if remedies.isEmpty { remedies = [.shell(isNobody ? "aws configure" : "aws sts get-caller-identity")] }
        return Finding(isNobody ? .fail : .warn, .aws, "identity", error.detail, remedies)
    }
}
