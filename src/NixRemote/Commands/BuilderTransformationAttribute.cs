using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using NixRemote.Builders;
using NixRemote.Stores;

namespace NixRemote.Commands;

/// <summary>Lets a builder parameter take builder objects, names of configured builders (wildcards allowed), and entries
/// of the legacy format such as <c>ssh://host x86_64-linux</c>.</summary>
/// <remarks>PowerShell makes a ParameterArgumentTransformationError of whatever is thrown here, without its id and its cure. So a text
/// that says no builder becomes a placeholder, and the cmdlet reports its failure.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BuilderTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly ConditionalWeakTable<NixBuilder, NixRemoteException> _failures = [];

    /// <summary>Why a builder that came through this attribute is none; null if it is one.</summary>
    internal static NixRemoteException? FailureOf(NixBuilder builder) => _failures.TryGetValue(builder, out var failure) ? failure : null;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var builders = new List<NixBuilder>();
        BuildersConfiguration? configuration = null;
        Add(inputData);
        return builders.ToArray();

        void Add(object? item)
        {
            switch (item is PSObject wrapped ? wrapped.BaseObject : item)
            {
                case NixBuilder builder:
                    builders.Add(builder);
                    break;
                case string text:
                    configuration ??= BuildersConfiguration.Load(NixEnvironment.OfThisProcess(), AdapterLoader.CreateTomlReader);
                    builders.AddRange(Resolve(text, configuration));
                    break;
                case IEnumerable items:
                    foreach (var one in items)
                    {
                        Add(one);
                    }

                    break;
                default:
                    throw new ArgumentTransformationMetadataException(
                        $"{(item is null ? "Null" : $"'{item}'")} is neither a builder, the name of one, nor an entry such as 'ssh://HOST x86_64-linux'.");
            }
        }
    }

    private static IReadOnlyList<NixBuilder> Resolve(string text, BuildersConfiguration configuration)
    {
        if (text.Contains("://", StringComparison.Ordinal) || text.Contains(' '))
        {
            var result = MachinesReader.ReadText(text, "-Builder", new MachinesParseOptions { LocalSystem = configuration.Settings.System, TomlReader = AdapterLoader.CreateTomlReader });
            return [.. result.Builders, .. result.Errors.Select(e => Placeholder(text, e.ToException()))];
        }

        var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase);
        var found = configuration.Builders.Where(b => b.Enabled && pattern.IsMatch(b.Name)).ToList();
        if (found.Count > 0)
        {
            return found;
        }

        var names = configuration.Builders.Where(b => b.Enabled).Select(b => b.Name).ToList();
        var message = $"There is no builder with the name '{text}'; {(names.Count == 0 ? "none is configured on this machine" : $"there are {string.Join(", ", names)}")}. "
            + $"An entry such as 'ssh://{text} x86_64-linux' names a machine that is not configured.";
        return [Placeholder(text, new NixRemoteException(NixErrors.BuilderNotFound, message) { Target = text })];
    }

    private static NixBuilder Placeholder(string text, NixRemoteException failure)
    {
        var placeholder = new NixBuilder(StoreUri.Parse("auto")) { Name = text, Systems = [], Enabled = false };
        _failures.Add(placeholder, failure);
        return placeholder;
    }
}
