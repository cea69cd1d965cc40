using NixRemote.Builders;

namespace NixRemote.Diagnosis.Registration;

/// <summary>Adds a builder to a machines file.</summary>
internal static class MachinesEntry
{
    /// <summary>Reads the file, adds or replaces the entry, and writes all of it at once, in its format, order and comments.</summary>
    /// <exception cref="NixRemoteException">DestinationExists: an entry has the name or URI, and replacing it was not asked for. ConversionIncomplete: the
    /// file has entries that cannot be read, which would be lost. DestinationUnwritable.</exception>
    public static void Add(NixBuilder builder, BuilderRegistrationRequest request)
    {
        var path = request.Path!;
        var exists = File.Exists(path);
        var read = exists ? MachinesReader.ReadFile(path, request.ParseOptions) : null;
        if (read is { Errors: [var error, ..] })
        {
            throw new NixRemoteException(NixErrors.ConversionIncomplete, $"'{path}' is not changed, for not all of it can be read: {error.ToException().Message}") { Target = path };
        }

        var builders = read?.Builders.ToList() ?? [];
        var same = builders.FindIndex(b => b.Name == builder.Name || b.Uri == builder.Uri);
        if (same >= 0 && !request.Force)
        {
            throw new NixRemoteException(NixErrors.DestinationExists, $"'{path}' has the builder '{builders[same].Name}' ({builders[same].Uri}) already.") { Target = path };
        }

        if (same >= 0)
        {
            builders[same] = builder with { Comments = builders[same].Comments };
        }
        else
        {
            builders.Add(builder);
        }

        var format = request.Format ?? (read is { Builders.Count: > 0 } ? read.Format
            : path.EndsWith(".toml", StringComparison.OrdinalIgnoreCase) ? MachinesFormat.Toml
            : MachinesFormat.Legacy);
        var text = MachinesWriter.Write(builders, format, new MachinesWriteOptions { TrailingComments = read?.TrailingComments ?? [] });
        MachinesFile.Write(path, text.Text, overwrite: exists);
    }
}
