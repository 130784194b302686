import AWS
import Lake

/// Brings single things of the catalog up to what they have to be; asks for nothing that it knows.
struct CatalogUpdate: Sendable {
    /// How often a table that others change at the same time is read again.
    private static let rounds = 5
    /// What a statement that reads nothing may take, also where others wait in line before it.
    private static let statementPatience = Duration.seconds(120)

    let glue: GlueClient
    let athena: AthenaClient
    let options: AthenaOptions
    /// Whether only what is missing comes in, so that what others have changed stays.
    var addsOnly = false
    /// Whether nothing is changed, and it is only said what would be.
    var looksOnly = false
    /// Whether it is made sure that views are there; otherwise the table's word is taken for it.
    var looksForViews = true

    init(_ options: AthenaOptions, services: AWSServices) throws(AWSError) {
        self.options = options
        glue = try GlueClient(services)
        var athena = try AthenaClient(services, AthenaClient.Settings(options))
        athena.patience = Self.statementPatience
        self.athena = athena
    }

    /// Has Athena run a statement that reads nothing.
    func ask() async throws(AWSError) { _ = try await athena.run("SELECT 1") }

    // MARK: - Database and tables

    /// Makes the database if it is not there.
    func database() async throws(AWSError) -> CatalogChange {
        let name = options.database
        if try await glue.hasDatabase(name) { return CatalogChange(.database, name, .unchanged) }
        if looksOnly { return CatalogChange(.database, name, .created) }
        let isNew = try await glue.createDatabase(name, description: "The tables of a lake that sluice keeps")
        return CatalogChange(.database, name, isNew ? .created : .unchanged)
    }

    /// Makes a table, or brings what is there up to it.
    func table(_ table: CatalogTable) async throws(AWSError) -> CatalogChange {
        let description = GlueDescription(table: table, addsOnly: addsOnly)
        var changes: [String]?
        let isNew = try await change(table.name, orCreate: description.new) { present throws(AWSError) in
            if let obstacle = description.obstacle(present) {
                throw AWSError(
                    .invalidSettings,
                    detail: "\(options.database).\(table.name) is left alone: \(obstacle)",
                    remedy:
                        "Drop it if the lake has moved; else set another athena.database, or another name for the table"
                )
            }
            let merged = description.merged(into: present)
            changes = merged.changes
            return merged.changes.isEmpty ? nil : merged.input
        }
        if isNew { return CatalogChange(.table, table.name, .created) }
        return CatalogChange(.table, table.name, (changes ?? []).isEmpty ? .unchanged : .changed(changes ?? []))
    }

    /// Widens the range of years of a table that is there and finds its days by projection.
    ///
    /// - Parameters:
    ///   - years: The years that have to be in the range.
    ///   - table: The table's name.
    ///   - location: Its folder; a table of other files is left alone.
    /// - Throws: ``AWSError``.
    func cover(_ years: ClosedRange<Int>, of table: String, at location: String) async throws(AWSError) {
        let description = GlueDescription(
            table: CatalogTable(name: table, source: table, location: location, columns: [])
        )
        _ = try await change(table, orCreate: nil) { present throws(AWSError) in
            description.obstacle(present) == nil ? GlueDescription.widened(present, to: years) : nil
        }
    }

    /// Reads a table, changes it and writes it back, again if somebody else was quicker.
    ///
    /// - Returns: Whether it was created.
    private func change(
        _ name: String,
        orCreate new: ExactJSON?,
        _ change: (ExactJSON) throws(AWSError) -> ExactJSON?
    ) async throws(AWSError) -> Bool {
        for _ in 0..<Self.rounds {
            guard let present = try await glue.table(name, in: options.database) else {
                guard let new else { return false }
                if looksOnly { return true }
                if try await glue.create(new, in: options.database) { return true }
                continue
            }
            guard let input = try change(present.input), !looksOnly else { return false }
            if try await glue.update(input, from: present.version, in: options.database) { return false }
        }
        throw AWSError(
            .service,
            detail: "\(options.database).\(name) is changed by others at the same time, again and again",
            isTransient: true
        )
    }

    // MARK: - Partitions

    /// Registers the days that are missing, and gives the others the columns that they lack and the table's wider types.
    func partitions(of table: CatalogTable, _ days: [CalendarDate]) async throws(AWSError) -> CatalogChange {
        let present = try await glue.partitions(of: table.name, in: options.database)
        let (missing, outdated) = GlueDescription(table: table, addsOnly: addsOnly).partitions(present, days)
        var changes: [String] = []
        let created =
            looksOnly ? missing.count : try await glue.create(missing, of: table.name, in: options.database)
        if created > 0 { changes.append("\(created) added") }
        if !outdated.isEmpty {
            if !looksOnly { try await glue.update(outdated, of: table.name, in: options.database) }
            changes.append("\(outdated.count) with new or wider columns")
        }
        return CatalogChange(.partitions, table.name, changes.isEmpty ? .unchanged : .changed(changes))
    }

    // MARK: - Views

    /// Makes a live view if it is not there, or not the one that has to be; one over tables of others is left alone.
    ///
    /// What the view was made from is noted at the table of the rows, because Athena keeps its own form of the text.
    ///
    /// - Parameters:
    ///   - view: The view.
    ///   - tables: The tables that it reads.
    ///   - origin: Where the changes come from: positions of another server, or another slot, say other things.
    /// - Returns: What was done.
    /// - Throws: ``AWSError``.
    func view(
        _ view: LiveView,
        over tables: CatalogEntry.Tables,
        origin: String
    ) async throws(AWSError) -> CatalogChange {
        func result(_ outcome: CatalogChange.Outcome) -> CatalogChange {
            CatalogChange(.view, view.viewName, outcome)
        }
        let mark: String
        do throws(LiveView.Unsupported) {
            mark = try view.mark(origin)
        } catch {
            return result(.left(error.description))
        }
        guard let rows = try await glue.table(view.name, in: options.database)?.input, let changesTable = tables.changes
        else { return result(.withoutTable) }
        if let obstacle = GlueDescription(table: tables.rows).obstacle(rows) {
            return result(.left("its table \(view.name) is not the lake's: \(obstacle)"))
        }
        let formerMark = rows["Parameters"]?[CatalogTable.viewParameter]?.text
        var isThere = formerMark == mark
        if looksForViews || !isThere {
            let present = try await glue.table(view.viewName, in: options.database)?.input
            if let present, !LiveViewText(present, of: view).isOwn(isMarked: formerMark != nil) {
                return result(.left("a table or view of others has this name"))
            }
            isThere = present != nil
        }
        if formerMark == mark, isThere { return result(.unchanged) }
        guard let changes = try await glue.table(changesTable.name, in: options.database)?.input else {
            return result(.withoutTable)
        }
        if let obstacle = GlueDescription(table: changesTable).obstacle(changes) {
            return result(.left("its table \(changesTable.name) is not the lake's: \(obstacle)"))
        }
        let outcome = isThere ? CatalogChange.Outcome.changed(["definition"]) : .created
        guard !looksOnly else { return result(outcome) }
        let keys = (changes["PartitionKeys"]?.values ?? []).compactMap { $0["Name"]?.text }
        // Which folders there are is only asked where they are called as the view thinks.
        let fitting = keys == ["year", "month", "day"] ? view : view.withoutFirstDay
        let statement: String
        do throws(LiveView.Unsupported) {
            statement = try fitting.statement()
        } catch {
            return result(.left(error.description))
        }
        _ = try await athena.run(statement)
        try await note(mark, of: view)
        return result(outcome)
    }

    /// Notes at the table of the rows what its live view was made from.
    private func note(_ mark: String, of view: LiveView) async throws(AWSError) {
        _ = try await change(view.name, orCreate: nil) { present throws(AWSError) in
            var input = present
            var parameters = present["Parameters"] ?? [:]
            parameters[CatalogTable.viewParameter] = .string(mark)
            input["Parameters"] = parameters
            return input == present ? nil : input
        }
    }
}

extension AthenaClient.Settings {
    /// Where the settings file has statements run.
    init(_ options: AthenaOptions) {
        self.init(
            database: options.database,
            workGroup: options.workGroup,
            output: options.output
        )
    }
}

extension LiveView {
    /// Tells views apart of which one would not do in place of the other.
    ///
    /// One that outlives rewriting does until it has to look at fewer days of changes, or changes come from elsewhere.
    func mark(_ origin: String) throws(Unsupported) -> String {
        var settled = self
        if outlivesRewriting {
            settled = LiveView(
                of: table,
                columns: columns,
                name: name,
                position: .start,
                firstDay: firstDay,
                keepsDeleted: keepsDeleted
            )
        }
        // FNV-1a of 64 bits: what has to be told apart is one's own text.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (try settled.statement() + origin).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
