import AWS
import Telemetry

/// Whether the catalog can be asked and Athena runs statements; of that only its result is left where results go.
struct CatalogCheck {
    let request: ReplicationRequest
    let options: AthenaOptions

    /// Asks for the database, and has a statement run that reads nothing.
    ///
    /// - Throws: `AWSError` for settings of AWS that mean nothing.
    func findings() async throws(AWSError) -> [Finding] {
        guard case .s3 = request.lake.location else {
            let text = "Athena reads S3 alone, and the lake is \(request.lake.displayName)"
            return [Finding(.fail, .aws, "glue", text, [.settings("lake: { url: s3://bucket/prefix }")])]
        }
        let update = try CatalogUpdate(options, services: try request.lake.services())
        async let statement = statement(update)
        return [await database(update), await statement]
    }

    private func database(_ update: CatalogUpdate) async -> Finding {
        do throws(AWSError) {
            let isThere = try await update.glue.hasDatabase(options.database)
            let text =
                isThere
                ? "the catalog has database \(options.database)"
                : "the catalog has no database \(options.database) yet; sluice athena setup makes it"
            return Finding(.ok, .aws, "glue", text)
        } catch {
            return Self.finding(error, "glue")
        }
    }

    private func statement(_ update: CatalogUpdate) async -> Finding {
        do throws(AWSError) {
            try await update.ask()
            return Finding(.ok, .aws, "athena", "statements run in work group \(options.workGroup)")
        } catch {
            return Self.finding(error, "athena")
        }
    }

    private static func finding(_ error: AWSError, _ check: String) -> Finding {
        Finding(.fail, .aws, check, error.detail, error.remedy.map { [.advice($0)] } ?? [])
    }
}
