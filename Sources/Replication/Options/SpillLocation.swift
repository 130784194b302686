/// Where rows go that do not fit into memory.
public enum SpillLocation: Sendable, Hashable {
    /// Within the lake's own folder, where the finished files will be anyway.
    case insideLake
    /// A local folder.
    case folder(path: String)
}
