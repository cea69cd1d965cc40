using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NixRemote.Builders;

/// <summary>Writes the module's own objects as JSON: an array, one object a builder, every field.</summary>
internal sealed class JsonMachinesWriter(List<ConfigurationWarning> losses)
{
    /// <summary>Writes the builders.</summary>
    public string Write(IReadOnlyList<NixBuilder> builders, MachinesWriteOptions options)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var builder in builders)
            {
                WriteBuilder(json, builder);
            }

            json.WriteEndArray();
        }

        if (options.TrailingComments.Any(l => l.Length > 0))
        {
            losses.Add(new ConfigurationWarning(null, null, null, "JSON has no place for the comments behind the last builder; they are left out."));
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length).ReplaceLineEndings("\n") + "\n";
    }

    // name, uri, systems (null: the local one), sshKey, maxJobs, speedFactor, supportedFeatures, mandatoryFeatures,
    // publicHostKey (or publicHostKeyBase64 if it is no text), enabled, commentsAbove and commentBehind if there are any
    private static void WriteBuilder(Utf8JsonWriter json, NixBuilder builder)
    {
        json.WriteStartObject();
        json.WriteString("name", builder.Name);
        json.WriteString("uri", builder.Uri);
        if (builder.SystemsAreDefault)
        {
            json.WriteNull("systems");
        }
        else
        {
            WriteStrings(json, "systems", builder.Systems);
        }

        json.WriteString("sshKey", builder.SshKey);
        json.WriteNumber("maxJobs", builder.MaxJobs);
        json.WriteNumber("speedFactor", builder.SpeedFactor);
        WriteStrings(json, "supportedFeatures", builder.SupportedFeatures);
        WriteStrings(json, "mandatoryFeatures", builder.MandatoryFeatures);
        if (builder.PublicHostKey is { } key && !HostKeyText.IsText(key))
        {
            json.WriteString("publicHostKeyBase64", HostKeyText.ToBase64(key));
        }
        else
        {
            json.WriteString("publicHostKey", builder.PublicHostKey);
        }

        json.WriteBoolean("enabled", builder.Enabled);
        if (!builder.Comments.IsEmpty)
        {
            WriteStrings(json, "commentsAbove", builder.CommentsAbove);
            json.WriteString("commentBehind", builder.CommentBehind);
        }

        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> words)
    {
        json.WriteStartArray(name);
        foreach (var word in words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
    }
}
