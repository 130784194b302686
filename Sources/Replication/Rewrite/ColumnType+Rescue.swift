import Columnar

extension ColumnType {
    /// Whether PostgreSQL has values of the type that the column cannot hold.
    var mayBeRescued: Bool {
        switch self {
        case .leaf(_, .date?), .leaf(_, .timestamp?), .leaf(_, .time?), .leaf(_, .decimal?), .list: true
        default: false
        }
    }
}
