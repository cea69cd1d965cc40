Describe 'Convert-NixMachinesFile' {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        $columns = "# fast`nssh://nix@a x86_64-linux,i686-linux /k 8 2.5 kvm big # rack 1`nssh://b aarch64-linux"
        Set-Content "$TestDrive/machines" $columns
    }

    It 'converts to <To> and back' -ForEach @(@{ To = 'Toml' }, @{ To = 'Json' }, @{ To = 'Legacy' }) {
        Convert-NixMachinesFile "$TestDrive/machines" -To $To -Destination "$TestDrive/other.$To"
        Convert-NixMachinesFile "$TestDrive/other.$To" -To Legacy | Should -Be $columns
    }

    It 'writes the NixOS option' {
        $text = Convert-NixMachinesFile "$TestDrive/machines" -To NixOS -UseSubstitutes
        $text | Should -BeLike '*nix.distributedBuilds = true;*'
        $text | Should -BeLike '*nix.settings.builders-use-substitutes = true;*'
        $text | Should -BeLike '*hostName = "a";*sshUser = "nix";*maxJobs = 8;*'
    }

    It 'reads the NixOS option as nix eval --json prints it' {
        Set-Content "$TestDrive/nixos.json" '[{"hostName": "a", "protocol": "ssh-ng", "sshUser": "nix", "systems": ["x86_64-linux"], "maxJobs": 4}]'
        Convert-NixMachinesFile "$TestDrive/nixos.json" -To Legacy | Should -Be 'ssh-ng://nix@a x86_64-linux - 4'
    }

    It 'takes the objects of Get-NixBuilder' {
        Get-NixBuilder b -Path "$TestDrive/machines" | Convert-NixMachinesFile -To Toml |
            Should -Be "version = 1`n`n[machines.b]`nuri = `"ssh://b`"`nsystem-types = [`"aarch64-linux`"]"
    }

    It 'takes the JSON of ConvertTo-Json' {
        $json = Get-NixBuilder -Path "$TestDrive/machines" | ConvertTo-Json -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        ($json | ConvertFrom-Json).Uri | Should -Be @((Get-NixBuilder -Path "$TestDrive/machines").Uri)
        Set-Content "$TestDrive/objects.json" $json
        Convert-NixMachinesFile "$TestDrive/objects.json" -To Legacy | Should -Be $columns
    }

    It 'warns of what the format cannot hold' {
        $text = Get-NixBuilder -Builders "[machines.a]`nuri = 'ssh://a'`nenable = false" -IncludeDisabled |
            Convert-NixMachinesFile -To Legacy -WarningAction SilentlyContinue -WarningVariable warnings
        $text | Should -Be '# switched off: ssh://a'
        $warnings | Should -BeLike "*builder 'a', enable: *"
    }

    It 'replaces an existing file by -Force only' {
        Set-Content "$TestDrive/existing" 'old'
        { Convert-NixMachinesFile "$TestDrive/machines" -To Toml -Destination "$TestDrive/existing" -ErrorAction Stop } |
            Should -Throw -ErrorId 'DestinationExists,NixRemote.Commands.ConvertNixMachinesFileCommand'
        Get-Content "$TestDrive/existing" | Should -Be 'old'
        Convert-NixMachinesFile "$TestDrive/machines" -To Toml -Destination "$TestDrive/existing" -Force
        Get-Content "$TestDrive/existing" -Raw | Should -BeLike '*`[machines.a`]*'
    }

    It 'writes nothing with -WhatIf' {
        Convert-NixMachinesFile "$TestDrive/machines" -To Toml -Destination "$TestDrive/new" -WhatIf
        "$TestDrive/new" | Should -Not -Exist
    }

    It 'writes no file that would lack entries' {
        Set-Content "$TestDrive/bad" "a`nb - - x"
        Convert-NixMachinesFile "$TestDrive/bad" -To Toml -Destination "$TestDrive/new" -ErrorAction SilentlyContinue -ErrorVariable failures
        $failures.FullyQualifiedErrorId | Should -Contain 'ConversionIncomplete,NixRemote.Commands.ConvertNixMachinesFileCommand'
        "$TestDrive/new" | Should -Not -Exist
    }
}
