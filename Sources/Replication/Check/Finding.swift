/// What a look at one thing has shown, before sluice runs.
public struct Finding: Sendable, Hashable {
    /// Where it was looked.
    public enum Group: String, CaseIterable, Sendable {
        case database, tables, slot, lake
        case aws = "AWS"
    }

    /// Whether it is as it should be.
    public enum Status: String, CaseIterable, Sendable {
        case ok
        /// Sluice works, but somebody may be sorry later.
        case warn
        /// Sluice does not work, or not with everything that is wanted.
        case fail
    }

    /// Where it was looked.
    public var group: Group
    /// What was looked at, for programs: one word that stays the same from release to release.
    public var check: String
    /// What it is about: a table or a slot; nil if there is only one.
    public var subject: String?
    /// Whether it is as it should be.
    public var status: Status
    /// What was found, in one sentence without a final full stop; never row values or secrets.
    public var message: String
    /// What puts it right, one step after the other; empty where there is nothing to do.
    public var remedies: [Remedy]

    /// Tells what was found.
    public init(
        _ status: Status,
        _ group: Group,
        _ check: String,
        of subject: String? = nil,
        _ message: String,
        _ remedies: [Remedy] = []
    ) {
        self.status = status
        self.group = group
        self.check = check
        self.subject = subject
        self.message = message
        self.remedies = remedies
    }
}

/// One step that puts something right.
public struct Remedy: Sendable, Hashable {
    /// Where a step is done.
    public enum Kind: String, Sendable {
        /// A statement for PostgreSQL.
        case sql
        /// A command for a shell.
        case shell
        /// A line of the settings file.
        case settings
        /// What has to be done in some other way, in words.
        case advice
    }

    /// Where it is done.
    public var kind: Kind
    /// The text, to be pasted as it is.
    public var text: String

    /// A statement; a semicolon is added.
    public static func sql(_ statement: String) -> Remedy { Remedy(kind: .sql, text: statement + ";") }

    /// A command for a shell.
    public static func shell(_ command: String) -> Remedy { Remedy(kind: .shell, text: command) }

    /// A line of the settings file.
    public static func settings(_ line: String) -> Remedy { Remedy(kind: .settings, text: line) }

    /// Words.
    public static func advice(_ words: String) -> Remedy { Remedy(kind: .advice, text: words) }
}
