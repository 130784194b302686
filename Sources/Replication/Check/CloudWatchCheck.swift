import AWS
import Telemetry

/// Whether CloudWatch takes what is sent there; nothing is left behind.
struct CloudWatchCheck {
    let options: CloudWatchOptions
    let lake: LakeOptions
    var environment = Environment.process

    /// Asks for metrics and for log lines.
    ///
    /// - Throws: ``AWSError`` for settings of AWS that mean nothing.
    func findings() async throws(AWSError) -> [Finding] {
        var settings = AWSServices.Options()
        // What belongs to another store than AWS's is none of AWS.
        settings.region = options.region ?? (lake.endpoint == nil ? lake.region : nil)
        settings.profile = lake.endpoint == nil ? lake.profile : nil
        settings.environment = environment
        let services = try AWSServices(settings)
        let stream = "sluice-check-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let logClient = try LogsClient(services, group: options.logGroup, stream: stream)
        async let logs = logs(logClient)
        return [await metrics(try MetricsClient(services)), await logs]
    }

    private func metrics(_ client: MetricsClient) async -> Finding {
        do throws(AWSError) {
            try await client.mayPut(namespace: options.namespace)
            return Finding(.ok, .aws, "metrics", "CloudWatch takes metrics of \(options.namespace)")
        } catch {
            return Self.finding(error, "metrics", "Allow \(MetricsClient.action) in the namespace \(options.namespace)")
        }
    }

    private func logs(_ client: LogsClient) async -> Finding {
        let group = options.logGroup
        do throws(AWSError) {
            guard try await client.mayPut() else {
                return Finding(
                    .warn,
                    .aws,
                    "logs",
                    "CloudWatch Logs has no group \(group) yet, and it was not tried whether it may be made "
                        + "(logs:CreateLogGroup, logs:CreateLogStream)",
                    [.shell(PasteableShell.command(["aws", "logs", "create-log-group", "--log-group-name", group]))]
                )
            }
            let text = "CloudWatch Logs takes lines for \(group); not tried: logs:CreateLogStream"
            return Finding(.ok, .aws, "logs", text)
        } catch {
            let actions = LogsClient.actions.joined(separator: ", ")
            return Self.finding(error, "logs", "Allow \(actions) on the group \(options.logGroup)")
        }
    }

    /// What a failure means: nothing is sent, while everything else goes on.
    private static func finding(_ error: AWSError, _ check: String, _ permission: String) -> Finding {
        let isDenied = error.failure?.code.hasPrefix("AccessDenied") ?? false
        let remedy = error.remedy ?? (isDenied ? permission : nil)
        return Finding(.fail, .aws, check, error.detail, remedy.map { [.advice($0)] } ?? [])
    }
}
