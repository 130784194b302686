import Lake

/// What runs beside the stream.
extension StreamThread {
    /// What keeps the catalog in step; nil if there is none.
    func catalogService(_ checkpoints: CheckpointStore) -> CatalogService? {
        guard let options = request.athena else { return nil }
        let following = RunControl()
        control.onCancel { following.cancel() }
        return CatalogService(
            request,
            options,
            store: store,
            checkpoints: checkpoints,
            logger: logger,
            control: following
        )
    }

    /// What takes pending changes up; nil if another process does.
    func rewriteService(
        _ checkpoints: CheckpointStore,
        _ owner: String,
        afterPass: @escaping @Sendable () -> Void
    ) -> RewriteService? {
        guard request.rewritesDays else { return nil }
        let rewriting = RunControl()
        control.onCancel { rewriting.cancel() }
        let rewriter = LakeRewriter(
            request: request,
            store: store,
            spill: spill,
            owner: owner,
            logger: logger,
            control: rewriting
        )
        return RewriteService(
            rewriter,
            checkpoints: checkpoints,
            options: request.rewrite,
            logger: logger,
            control: rewriting,
            afterPass: afterPass
        )
    }
}
