namespace NixRemote.Adapters.Ssh;

/// <summary>Helps with failures that several readers and writers are told.</summary>
internal static class SshFailures
{
    /// <summary>The same failure once more, so that each thrower has its own stack trace.</summary>
    public static NixRemoteException Again(NixRemoteException failure) => new(failure.Definition, failure.Message, failure.InnerException)
    {
        Builder = failure.Builder,
        Target = failure.Target,
        StandardErrorTail = failure.StandardErrorTail,
        RecommendedAction = failure.RecommendedAction,
    };
}
