import ArgumentParser

/// The command line program.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Lets PostgreSQL's changes flow into date-partitioned Parquet on S3 or in a folder."
    )
}
