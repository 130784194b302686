/// A parameter of the server that somebody is to set.
struct ServerParameter: Sendable, Equatable {
    var name: String
    /// As ALTER SYSTEM takes it.
    var value: String
    /// As a parameter group of Amazon RDS takes it: a number without a unit, and what it counts.
    var groupValue: String
    /// Whether the server has to be started again.
    var needsRestart = false

    /// The steps that set it: of a server that Amazon RDS runs in words, as it takes no ALTER SYSTEM.
    func remedies(isRDS: Bool) -> [Remedy] {
        guard !isRDS else {
            let set = "Set \(name) = \(groupValue) in the server's parameter group"
            return [.advice(needsRestart ? "\(set) and reboot it" : set)]
        }
        let apply: Remedy = needsRestart ? .advice("Restart the server") : .sql("SELECT pg_catalog.pg_reload_conf()")
        return [.sql("ALTER SYSTEM SET \(name) = \(value)"), apply]
    }
}
