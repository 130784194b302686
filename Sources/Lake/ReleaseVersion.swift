/// The release of the program, as `--version` prints it and every file's footer keeps it.
public enum ReleaseVersion {
    /// The version number without a leading letter.
    public static let current = "0.1.0"
}
