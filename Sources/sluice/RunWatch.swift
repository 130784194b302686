import Monitoring
import Replication
import Synchronization
import Telemetry

/// What makes a run visible from outside: begun when the settings are known, ended after its last log line.
final class RunWatch: Sendable {
    /// The command that goes on until it is told to stop.
    private static let service = "replicate"

    private let monitoring = Mutex<MonitoringService?>(nil)

    /// Begins, if the options ask for anything.
    func begin(
        _ command: String,
        _ options: MonitoringOptions,
        lake: LakeOptions,
        slot: String,
        instruments: Instruments
    ) {
        guard options != MonitoringOptions() else { return }
        // The region and the profile of another store than AWS's are none of AWS.
        let region = lake.endpoint == nil ? lake.region : nil
        var run = MonitoringService.Run(
            command: command,
            slot: slot,
            region: region,
            isService: command == Self.service
        )
        run.profile = lake.endpoint == nil ? lake.profile : nil
        let service = MonitoringService(
            run,
            options,
            instruments: instruments
        )
        service.start()
        monitoring.withLock { $0 = service }
    }

    /// Ends; what is still to be sent is waited for a few seconds.
    func end() async {
        await monitoring.withLock { $0.take() }?.end()
    }
}
