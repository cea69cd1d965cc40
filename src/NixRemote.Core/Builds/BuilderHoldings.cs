namespace NixRemote.Builds;

/// <summary>What a builder has of what a build needs.</summary>
/// <param name="HasOutputs">Whether it has all outputs: nothing is to be built.</param>
/// <param name="BytesToMove">Bytes of the archives that it lacks; of what is built nowhere yet, as many as are expected. 0 if it has the outputs.</param>
/// <param name="Error">Why it could not be asked; null if it was.</param>
public sealed record BuilderHoldings(bool HasOutputs, long BytesToMove, NixRemoteException? Error = null);
