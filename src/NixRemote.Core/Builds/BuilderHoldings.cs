namespace NixRemote.Builds;

/// <summary>What a builder has of what a build needs.</summary>
/// <param name="HasOutputs">Whether it has all outputs: nothing is to be built.</param>
/// <param name="BytesToMove">Bytes of the archives that it lacks; of what is built nowhere yet, as many as are expected. 0 if it has the outputs.</param>
/// <param name="Error">Why it could not be asked; null if it was.</param>
public sealed record BuilderHoldings(bool HasOutputs, long BytesToMove, NixRemoteException? Error = null)
{
    /// <summary>How many inputs it lacks and has to build or fetch itself, for it says that it does not trust our user, and nothing vouches for
    /// them.</summary>
    public int RemadeInputs { get; init; }

    /// <summary>How long that takes on a builder of speed 1.</summary>
    public TimeSpan RemakeTime { get; init; }
}
