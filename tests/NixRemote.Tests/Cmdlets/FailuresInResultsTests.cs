using System.Collections;
using System.Management.Automation;
using System.Reflection;
using NixRemote.Builds;
using NixRemote.Diagnosis;
using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Cmdlets;

/// <summary>The failure in a result: data for ConvertTo-Json and logs, and an error for a script that throws it.</summary>
[Collection(ClientEnvironmentCollection.Name)]
public sealed class FailuresInResultsTests
{
    /// <summary>The deepest that a user asks ConvertTo-Json for.</summary>
    private const int Depth = 5;

    [Fact]
    public async Task A_failed_test_is_made_of_data()
    {
        var result = Assert.Single((await ClientEnvironment.RunAsync("Test-NixBuilder 'ssh://127.0.0.1:1'")).Succeeded().OutputOf<NixBuilderTestResult>());

        Assert.Equal(("ConnectionRefused", "Start sshd there, or set the right port in the URI or in ~/.ssh/config.", BuilderCheckName.Tcp),
            (result.Error!.ErrorId, result.Error.RecommendedAction, result.Error.Check));
        Assert.All(Reachable(result), value => Assert.False(value is Exception or MemberInfo or Delegate or Assembly, $"{value.GetType()}"));
    }

    [TestBedFact]
    public async Task A_failed_build_is_made_of_data()
    {
        var drv = await NixTestBed.Current.InstantiateAsync(Nonce.Derivation("data", "exit 7"));

        var result = Assert.Single((await ClientEnvironment.RunAsync("Invoke-NixRemoteBuild $drv -ErrorAction Ignore", ("drv", drv))).OutputOf<NixBuildResult>());

        Assert.Equal(("BuildFailed", drv, FailureCategory.InvalidResult), (result.Error!.ErrorId, result.Error.Target, result.Error.Category));
        Assert.Contains("exit code 7", result.Error.Message);
        Assert.All(Reachable(result), value => Assert.False(value is Exception or MemberInfo or Delegate or Assembly, $"{value.GetType()}"));
    }

    /// <summary>What a script does with the error of a result, and the exception that comes of it.</summary>
    [Theory]
    [InlineData("throw [Exception] $result.Error")]
    [InlineData("throw $result.Error.ToException()")]
    public async Task A_script_can_throw_it(string script)
    {
        var result = await ClientEnvironment.RunAsync($"""
            $result = Test-NixBuilder 'ssh://127.0.0.1:1'
            try {"{"} {script} {"}"} catch [NixRemote.NixRemoteException] {"{"} $_ {"}"}
            """);

        var error = Assert.Single(result.Succeeded().OutputOf<ErrorRecord>());
        Assert.Equal("ConnectionRefused", Assert.IsType<NixRemoteException>(error.Exception).ErrorId);
        Assert.Equal(error.Exception.Message, $"{error}");
    }

    /// <summary>All that the public properties lead to, as ConvertTo-Json follows them.</summary>
    private static IEnumerable<object> Reachable(object value, int depth = 0)
    {
        yield return value;
        if (depth == Depth || value is string || value.GetType().IsPrimitive || value.GetType().IsEnum)
        {
            yield break;
        }

        var next = value is IEnumerable items ? items.Cast<object?>()
            : value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0).Select(p => p.GetValue(value));
        foreach (var reached in next.OfType<object>().SelectMany(o => Reachable(o, depth + 1)))
        {
            yield return reached;
        }
    }
}
