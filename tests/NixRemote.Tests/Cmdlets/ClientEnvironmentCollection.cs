namespace NixRemote.Tests.Cmdlets;

/// <summary>The tests that change the process's environment variables; they run when all others are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClientEnvironmentCollection : ICollectionFixture<ClientEnvironment>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "client environment";
}
