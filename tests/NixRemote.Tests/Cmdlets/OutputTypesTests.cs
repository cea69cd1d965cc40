using System.Collections;
using System.Management.Automation;
using System.Reflection;
using NixRemote.Builds;
using NixRemote.Commands;
using NixRemote.StoreObjects;
using NixRemote.Stores;

namespace NixRemote.Tests.Cmdlets;

/// <summary>What the cmdlets give goes on into ConvertTo-Json, Export-Csv and other programs: paths, hashes and URIs are texts there.</summary>
public sealed class OutputTypesTests
{
    public static TheoryData<Type> OutputTypes() =>
    [
        .. typeof(NixCmdlet).Assembly.GetExportedTypes().SelectMany(t => t.GetCustomAttributes<OutputTypeAttribute>()).SelectMany(a => a.Type).Select(t => t.Type)
            .Append(typeof(NixBuildLogLine)).Distinct().Where(t => t.Namespace?.StartsWith("NixRemote", StringComparison.Ordinal) == true),
    ];

    [Theory]
    [MemberData(nameof(OutputTypes))]
    public void Paths_hashes_and_URIs_are_texts(Type type)
    {
        Assert.All(type.GetProperties(BindingFlags.Public | BindingFlags.Instance), property => Assert.DoesNotContain(
            (Type[])[property.PropertyType, .. property.PropertyType.GetGenericArguments()], part => part == typeof(StorePath) || part == typeof(StoreUri) || part == typeof(NixHash) || part == typeof(NixHash?)));
    }

    [Fact]
    public void A_build_result_as_ConvertTo_Json_writes_it()
    {
        var result = new NixBuildResult
        {
            DerivationPath = "/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-hello-1.0.drv",
            Status = GoalStatus.Built,
            Outputs = new Dictionary<string, string> { ["out"] = "/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-hello-1.0" },
        };

        Assert.Equal("hello-1.0", result.Name);
        Assert.IsType<string>(result.DerivationPath);

        // ConvertTo-Json writes whatever is this as an object of names and values.
        Assert.IsAssignableFrom<IDictionary>(result.Outputs);
    }
}
