public import Telemetry

extension ValidationReport {
    /// What stands in place of a table's name for what is found of no single table, such as a stream that stands still.
    public static let everyTable = "*"

    /// Tells the instruments of each table whether it is as it should be.
    public func tell(_ instruments: Instruments) {
        let failures = findings.filter { $0.severity == .failure && !$0.isRepaired }
        let wrong = Set(failures.map { $0.table ?? Self.everyTable })
        for table in Set(tables.map(\.name)).union(wrong) {
            instruments.validated(table, isRight: !wrong.contains(table))
        }
    }
}
