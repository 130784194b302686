/// Commands of sluice that a person is to paste, for the database and the lake that were looked at.
struct SluiceCommand: Sendable, Equatable {
    /// The options that name them; empty where the settings are found without.
    var options: [String] = []

    /// A command with these options.
    func remedy(_ name: String) -> Remedy { .shell(PasteableShell.command(["sluice", name] + options)) }
}
