namespace NixRemote.Tests.Diagnosis;

/// <summary>One row of the table of troubles: how it is made, and what Test-NixBuilder must say of it.</summary>
/// <param name="Check">The first check that finds something.</param>
/// <param name="Error">What it finds.</param>
/// <param name="Cure">Words of what it recommends.</param>
/// <param name="Make">Makes the trouble.</param>
internal sealed record DiagnosisRow(BuilderCheckName Check, ErrorDefinition Error, string Cure, Func<TroubledBuilder, Task> Make)
{
    /// <summary>Whether a build meets it with the same id: what keeps the store from being opened, unless it takes two questions to see it.</summary>
    public bool IsMetByBuilds => Check is > BuilderCheckName.Configuration and <= BuilderCheckName.ProtocolHandshake && Error != NixErrors.ForcedCommand;

    /// <summary>Words that its message must have.</summary>
    public string[] Words { get; init; } = [];
}
