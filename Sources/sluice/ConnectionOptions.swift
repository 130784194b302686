import ArgumentParser
import PostgresClient
import Replication

/// Options that name database and lake.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The database as a libpq URL, instead of database.url.", valueName: "url"))
    var database: String?

    @Option(help: ArgumentHelp("The lake, s3://bucket/prefix or a folder, instead of lake.url.", valueName: "url"))
    var lake: String?

    func validate() throws {
        _ = try databaseURL
        _ = try location
    }

    /// What `--database` names.
    var databaseURL: DatabaseURL? {
        get throws {
            do {
                return try database.map(DatabaseURL.init)
            } catch {
                throw ValidationError("--database: \(error).")
            }
        }
    }

    /// What `--lake` names.
    var location: LakeOptions.Location? {
        get throws {
            do {
                return try lake.map(LakeURL.location)
            } catch {
                throw ValidationError("--lake must be \(error.allowed).")
            }
        }
    }
}

extension ConnectionOptions {
    /// The words by which another command finds the same settings, database and lake; without a password.
    func words(config: String?) throws -> [String] {
        [("--config", config), ("--database", try databaseURL?.withoutSecrets), ("--lake", lake)]
            .flatMap { name, value in value.map { [name, $0] } ?? [] }
    }

    /// What these options, the environment and the settings file say of slot and lake.
    func replicationRequest(
        config: String?,
        end: ReplicationRequest.End = .never,
        rewritesDays: Bool = true,
        environment: [String: String],
        folder: String
    ) throws -> ReplicationRequest {
        let sources = SettingsSources(
            file: config,
            database: try databaseURL,
            location: try location,
            environment: environment,
            folder: folder
        )
        return try sources.load().replicationRequest(
            end: end,
            rewritesDays: rewritesDays,
            temporaryFolder: environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        )
    }
}
