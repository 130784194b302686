import ArgumentParser
import Foundation
import Parquet
import Replication
import Telemetry

/// `sluice parquet`.
struct ParquetCommand: AsyncParsableCommand {
    /// How the output looks.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "parquet",
        abstract: "Shows what is in a Parquet file: schema, sizes, encodings and statistics, or its first rows.",
        discussion: """
            Any Parquet file will do, whoever wrote it. The description is read from the footer alone; columns are summed \
            over all row groups unless --row-groups is given. In text, raw is the size before compression, bloom and \
            index say whether there are bloom filters and a page index ("offsets": one without bounds), "partly" means \
            some of the row groups or pages, ≥ and ≤ stand before bounds that are shortened, and long values are cut off \
            unless --full is given.

            --format json makes one object of the description, and one object a line of each row. Numbers are numbers \
            with all their digits; decimals, dates, times (ISO 8601), UUIDs, NaN and Infinity are strings; binary is \
            hexadecimal; a map is an object if its keys are text, else an array of [key, value].

            Examples:
              sluice parquet invoices.parquet
              sluice parquet invoices.parquet --head 10
              sluice parquet invoices.parquet --head 1000 --format json | jq .amount
              sluice parquet s3://company-lake/countries.parquet --row-groups
            """
    )

    @Argument(help: "A file, or s3://bucket/key.", completion: .file(extensions: ["parquet"]))
    var file: String

    @Option(help: ArgumentHelp("Show the first rows instead of the description.", valueName: "rows"))
    var head: Int?

    @Option(help: ArgumentHelp("How the output looks.", valueName: "format"))
    var format = Format.text

    @Flag(help: "Describe each row group instead of their sum.")
    var rowGroups = false

    @Flag(help: "Show values whole, however long they are.")
    var full = false

    func validate() throws {
        if let head, head < 0 { throw ValidationError("--head: found \(head), which is less than 0.") }
        if head != nil, rowGroups {
            throw ValidationError("--row-groups belongs to the description: leave out --head.")
        }
    }

    func run() async throws {
        let source = try await InputFile.open(file, environment: ProcessInfo.processInfo.environment)
        let command = self
        // Sources may block, which threads of the cooperative pool must not.
        try await onOwnThread("sluice-parquet") { try command.show(source, to: .standard) }
    }

    /// Writes the description, or the first rows, of a file.
    ///
    /// Throws a sentence that names the file and has nothing in it that a terminal would obey.
    func show(_ source: any ByteSource, to output: OutputStream) throws {
        do {
            let reader = try ParquetFileReader(source)
            if let head {
                try FirstRows(reader: reader, count: head, isFull: full).write(as: format, to: output)
            } else {
                let description = FileDescription(
                    reader: reader,
                    name: file,
                    byteCount: source.byteCount,
                    hasRowGroups: rowGroups,
                    isFull: full
                )
                try output.write(format == .json ? description.json : description.text)
            }
        } catch let error as ParquetReadError {
            throw WorkFailure(Escaping.printable("\(file): \(error)"))
        } catch is OutputStream.Closed {
            // Whoever reads the output has seen enough.
        }
    }
}
