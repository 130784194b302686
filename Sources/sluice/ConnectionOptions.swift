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
