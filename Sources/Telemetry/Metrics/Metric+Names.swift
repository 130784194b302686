// Every name there is. The table in docs/metrics.md is this file's, and a test compares the two.

/// What tells the tables apart: the table's name in the lake.
private let byTable = ["table"]

extension Metric {
    // MARK: - Exports

    static let exportSuccess = Metric.counter("sluice_export_success_total", "DataExportSuccess", .count, by: byTable)
        .help("Runs that have exported the table, initial loads included.")
    static let exportFailure = Metric.counter("sluice_export_failure_total", "DataExportFailure", .count, by: byTable)
        .help("Runs that could not.")
    static let exportedRows = Metric.counter("sluice_exported_rows_total", "ExportedRows", .count, by: byTable)
        .help("Rows that exports have written.")
    static let exportedBytes = Metric.counter("sluice_exported_bytes_total", "ExportedBytes", .bytes, by: byTable)
        .help("The size of the files that exports have written.")
    static let exportedFiles = Metric.counter("sluice_exported_files_total", "ExportedFiles", .count, by: byTable)
        .help("The files, one for each day.")
    static let exportSeconds = Metric.counter("sluice_export_seconds_total", "ExportDuration", .seconds, by: byTable)
        .help("Time from the first to the last work on the table.")

    // MARK: - Stream

    static let connected = Metric.gauge("sluice_connected", "Connected", .none)
        .help("1 while changes stream, 0 otherwise.")
    static let reconnects = Metric.counter("sluice_reconnects_total", "Reconnects", .count)
        .help("Connections that were lost and tried again.")
    static let receivedChanges = Metric.counter("sluice_received_changes_total", "ReceivedChanges", .count)
        .help("Changes that have arrived; those that come again after a lost connection count again.")
    static let bufferedChanges = Metric.gauge("sluice_buffered_changes", "BufferedChanges", .count)
        .help("Changes that have arrived and are not on their way to the lake.")
    static let flushedChanges = Metric.counter("sluice_flushed_changes_total", "FlushedChanges", .count, by: byTable)
        .help("Changes that are in the lake.")
    static let flushedBytes = Metric.counter("sluice_flushed_bytes_total", "FlushedBytes", .bytes, by: byTable)
        .help("The size of their files.")
    static let flushedFiles = Metric.counter("sluice_flushed_files_total", "FlushedFiles", .count, by: byTable)
        .help("The files.")
    static let flushSeconds = Metric.counter("sluice_flush_seconds_total", "FlushDuration", .seconds)
        .help("Time that flushes took, checkpoint included.")
    static let checkpoints = Metric.counter("sluice_checkpoints_total", "Checkpoints", .count)
        .help("Checkpoints written, those of idle times included.")
    static let lastCheckpoint = Metric.gauge("sluice_last_checkpoint_timestamp_seconds", nil, .seconds)
        .help("When the last checkpoint was written, in seconds since 1970.")
    static let checkpointAge = Metric.gauge("sluice_last_checkpoint_age_seconds", "CheckpointAge", .seconds)
        .help("How long ago that was; grows while nothing changes.")
    static let unconfirmedAge = Metric.gauge("sluice_unconfirmed_age_seconds", "UnconfirmedAge", .seconds)
        .help("How long something that has arrived has waited for a checkpoint; 0 if nothing waits.")

    // MARK: - Slot

    static let lagBytes = Metric.gauge("sluice_replication_lag_bytes", "ReplicationLagBytes", .bytes)
        .help("WAL that is written and whose changes are not in the lake yet.")
    static let lagSeconds = Metric.gauge("sluice_replication_lag_seconds", "ReplicationLagSeconds", .seconds)
        .help("How old the oldest WAL is whose changes are not in the lake, to about 10 s.")
    static let slotActive = Metric.gauge("sluice_slot_active", "SlotActive", .none)
        .help("1 while the server sees a reader of the slot, 0 otherwise.")
    static let retainedBytes = Metric.gauge("sluice_retained_wal_bytes", "RetainedWALBytes", .bytes)
        .help("WAL that the server keeps for the slot.")
    static let safeBytes = Metric.gauge("sluice_wal_bytes_until_limit", "WALBytesUntilLimit", .bytes)
        .help("What may be written until max_slot_wal_keep_size is reached; absent without a limit.")

    // MARK: - Current rows

    static let pendingFiles = Metric.gauge("sluice_pending_files", "PendingFiles", .count, by: byTable)
        .help("Files with changes that the current rows have not taken up.")
    static let pendingBytes = Metric.gauge("sluice_pending_bytes", "PendingBytes", .bytes, by: byTable)
        .help("The size of these files.")
    static let pendingSeconds = Metric.gauge("sluice_pending_age_seconds", "PendingAge", .seconds, by: byTable)
        .help("How long the oldest of these files has been in the lake; 0 if there is none.")
    static let rewritePasses = Metric.counter("sluice_rewrite_passes_total", "RewritePasses", .count, by: byTable)
        .help("Passes over pending changes.")
    static let rewriteFailures = Metric.counter("sluice_rewrite_failures_total", "RewriteFailures", .count, by: byTable)
        .help("Runs that could not bring the table's days up to date.")
    static let rewrittenChanges = Metric.counter(
        "sluice_rewritten_changes_total",
        "RewrittenChanges",
        .count,
        by: byTable
    )
    .help("Changes that the current rows have taken up.")
    static let rewrittenDays = Metric.counter("sluice_rewritten_days_total", "RewrittenDays", .count, by: byTable)
        .help("Days whose files were replaced or removed.")
    static let rewrittenRows = Metric.counter("sluice_rewritten_rows_total", "RewrittenRows", .count, by: byTable)
        .help("Rows that came, changed or went.")
    static let rewriteSeconds = Metric.counter("sluice_rewrite_seconds_total", "RewriteDuration", .seconds, by: byTable)
        .help("Time that this took.")

    // MARK: - Validation

    static let validationSuccess = Metric.counter(
        "sluice_validation_success_total",
        "DataValidationSuccess",
        .count,
        by: byTable
    )
    .help("Validations that found the table as it should be.")
    static let validationFailure = Metric.counter(
        "sluice_validation_failure_total",
        "DataValidationFailure",
        .count,
        by: byTable
    )
    .help("Validations that found a difference, or could not look; of no single table under *.")

    // MARK: - Process

    static let uptime = Metric.gauge("sluice_uptime_seconds", "Uptime", .seconds)
        .help("How long the process has been running.")
    static let startTime = Metric.gauge("process_start_time_seconds", nil, .seconds)
        .help("When it began, in seconds since 1970.")
    static let residentBytes = Metric.gauge("process_resident_memory_bytes", "ResidentMemory", .bytes)
        .help("Memory that it has in use.")
    static let cloudWatchFailures = Metric.counter("sluice_cloudwatch_failures_total", nil, .count, by: ["service"])
        .help("Requests that CloudWatch has not answered as they should be, metrics and logs.")
    static let droppedLogLines = Metric.counter("sluice_log_lines_dropped_total", "DroppedLogLines", .count)
        .help("Log lines that CloudWatch did not take in time.")
    static let leftOut = Metric.counter("sluice_label_sets_left_out_total", nil, .count)
        .help("Values that are not kept, since a metric has more label sets than this program bears.")

    /// All of them, in the order in which they are shown.
    public static let all: [Metric] = [
        exportSuccess, exportFailure, exportedRows, exportedBytes, exportedFiles, exportSeconds, connected, reconnects,
        receivedChanges, bufferedChanges, flushedChanges, flushedBytes, flushedFiles, flushSeconds, checkpoints,
        lastCheckpoint, checkpointAge, unconfirmedAge, lagBytes, lagSeconds, slotActive, retainedBytes, safeBytes,
        pendingFiles, pendingBytes, pendingSeconds, rewritePasses, rewriteFailures, rewrittenChanges, rewrittenDays,
        rewrittenRows, rewriteSeconds, validationSuccess, validationFailure, uptime, startTime, residentBytes,
        cloudWatchFailures, droppedLogLines, leftOut,
    ]
}
