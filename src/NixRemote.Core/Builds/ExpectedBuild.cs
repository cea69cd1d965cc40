namespace NixRemote.Builds;

/// <summary>What the history expects of a build.</summary>
/// <param name="Time">How long it takes at speed factor 1.</param>
/// <param name="OutputBytes">Bytes of its outputs' archives; null: not known.</param>
public readonly record struct ExpectedBuild(TimeSpan Time, long? OutputBytes);
