Describe 'Invoke-NixRemoteBuild' {
    BeforeAll { . "$PSScriptRoot/common.ps1" }
    BeforeEach { Enter-TestBed }

    It 'builds derivations of the pipeline and brings them home' {
        $results = (New-Derivation one 'echo > $out'), (New-Derivation two 'echo > $out') | Invoke-NixRemoteBuild
        $results.Name | Sort-Object | Should -Be 'one', 'two'
        $results.Status | Should -Be Built, Built
        foreach ($output in $results.Outputs.Values) { nix-store --verify-path $output; $LASTEXITCODE | Should -Be 0 }
    }

    It 'evaluates an expression' {
        (Invoke-NixRemoteBuild -Expression (New-Expression expression 'echo > $out')).Name | Should -Be expression
    }

    It 'writes the log to the information stream' {
        $null = Invoke-NixRemoteBuild -Expression (New-Expression logs 'echo hello; echo > $out') -Builder b28 -InformationVariable records
        $records.Tags | Should -Be NixBuildLog
        $records.MessageData.Text | Should -Be hello
        "$($records[0].MessageData)" | Should -Be 'logs@b28> hello'
    }

    It 'reports a failed build with its log as an error beside its result' {
        $drv = New-Derivation bad 'echo the reason; exit 7'
        $result = Invoke-NixRemoteBuild $drv -ErrorAction SilentlyContinue -ErrorVariable failures
        $result.Status | Should -Be Failed
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Be 'BuildFailed,NixRemote.Commands.InvokeNixRemoteBuildCommand'
        $failures[0].CategoryInfo.Category | Should -Be InvalidResult
        $failures[0].TargetObject | Should -Be $drv
        "$($failures[0])" | Should -Match '(?s)exit code 7.*> the reason'
        $failures[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'stops at what keeps it from beginning' {
        { Invoke-NixRemoteBuild (New-Derivation x 'echo > $out') -Store ssh://127.0.0.1:1 } |
            Should -Throw -ErrorId 'ConnectionRefused,NixRemote.Commands.InvokeNixRemoteBuildCommand'
    }

    It 'builds nothing with -WhatIf' {
        $drv = New-Derivation plan 'echo > $out'
        Invoke-NixRemoteBuild $drv -WhatIf | Should -BeNullOrEmpty
        nix-store --verify-path (nix-store --query --outputs $drv) 2>$null
        $LASTEXITCODE | Should -Not -Be 0
    }

    It 'runs in a thread job' {
        $drv = New-Derivation job 'echo > $out'
        $module = (Get-Module NixRemote).Path
        $result = Start-ThreadJob { Import-Module $using:module; Invoke-NixRemoteBuild $using:drv } | Receive-Job -Wait -AutoRemoveJob
        $result.Status | Should -Be Built
    }

    It 'builds in runspaces at the same time' {
        $module = (Get-Module NixRemote).Path
        $results = 1..4 | ForEach-Object { New-Derivation "parallel$_" 'echo > $out' } |
            ForEach-Object -Parallel { Import-Module $using:module; Invoke-NixRemoteBuild $_ }
        $results.Status | Should -Be Built, Built, Built, Built
    }

    It 'builds on the builders that names leave' {
        (Invoke-NixRemoteBuild (New-Derivation named 'echo > $out') -Name b2* -ExcludeName b28, b234 -LocalJobs 0).Builder | Should -Be b226
        { Invoke-NixRemoteBuild (New-Derivation named 'echo > $out') -Name nobody } |
            Should -Throw -ErrorId 'BuilderNotFound,NixRemote.Commands.InvokeNixRemoteBuildCommand'
    }

    It 'builds on this machine' {
        (Invoke-NixRemoteBuild (New-Derivation here 'echo > $out') -ExcludeName * -LocalJobs 1).Builder | Should -Be local
    }

    It 'follows the rule of Nix' {
        (Invoke-NixRemoteBuild (New-Derivation rule 'echo > $out') -Policy Nix -LocalJobs 0).Builder | Should -Be b28
    }

    It 'asks how busy the builders are' {
        $records = Invoke-NixRemoteBuild (New-Derivation busy 'echo > $out') -UseRemoteLoad -LocalJobs 0 -Verbose 4>&1
        ($records -match 'b226 has a load of [0-9.]+ on \d+ processors').Count | Should -BeGreaterThan 0
    }

    It 'remembers builds in the state folder unless told otherwise' {
        $env:XDG_STATE_HOME = Join-Path $TestDrive state
        try {
            $null = Invoke-NixRemoteBuild (New-Derivation forgotten 'echo > $out') -NoHistory
            Join-Path $TestDrive state/nixremote/history.db | Should -Not -Exist
            $null = Invoke-NixRemoteBuild (New-Derivation remembered 'echo > $out')
            Join-Path $TestDrive state/nixremote/history.db | Should -Exist
        }
        finally { $env:XDG_STATE_HOME = $null }
    }

    It 'builds again and compares' {
        $drv = New-Derivation again 'echo > $out'
        (Invoke-NixRemoteBuild $drv -Builder b28 | Invoke-NixRemoteBuild -Builder b226 -Rebuild).Status | Should -Be Reproduced
        $differs = Invoke-NixRemoteBuild (New-Derivation differs 'head -c 9 /dev/urandom > $out') -Builder b28, b226 -Rebuild -CompareBuilders -ErrorAction SilentlyContinue -ErrorVariable failures
        $differs.Comparisons.IsEqual | Should -BeFalse
        $differs.Comparisons.FirstCopy, $differs.Comparisons.SecondCopy | Should -Exist
        $failures[0].FullyQualifiedErrorId | Should -Be 'OutputsDiffer,NixRemote.Commands.InvokeNixRemoteBuildCommand'
        { Invoke-NixRemoteBuild $drv -CompareBuilders } | Should -Throw -ErrorId 'ParametersConflict,NixRemote.Commands.InvokeNixRemoteBuildCommand'
    }

    It 'shows a table' {
        Invoke-NixRemoteBuild (New-Derivation table 'echo > $out') | Out-String -Width 200 | Should -Match 'Name\s+Status\s+Builder\s+Build\s+Sent\s+Received\s+Outputs'
    }

    It 'leaves outputs on the builder if asked' {
        $result = Invoke-NixRemoteBuild (New-Derivation left 'echo > $out') -Builder b226 -CopyOutputs None
        $result.Status | Should -Be Built
        $info = Get-NixPathInfo $result.Outputs['out'] -Store b226, daemon
        $info.Stores | Should -Be b226
        $info.MissingFrom | Should -Be daemon
    }

    It 'brings outputs into a binary cache' {
        $result = Invoke-NixRemoteBuild (New-Derivation kept 'echo kept > $out') -Destination "file://$TestDrive/kept"
        (Get-NixPathInfo $result.Outputs['out'] -Store "file://$TestDrive/kept").NarSize | Should -Be 120
    }

    It 'takes unsigned outputs from builders, and with -RequireSignature does not' {
        $drv = New-Derivation signed 'echo > $out'
        $result = Invoke-NixRemoteBuild $drv -Builder b226 -RequireSignature -ErrorAction SilentlyContinue -ErrorVariable refused
        $result.Status | Should -Be Failed
        $refused[0].FullyQualifiedErrorId | Should -Be 'SignatureMissing,NixRemote.Commands.InvokeNixRemoteBuildCommand'
        (Invoke-NixRemoteBuild $drv -Builder b226).Status | Should -Be Copied
    }

    It 'builds where the user is not trusted, and warns' {
        foreach ($builder in 'ssh://b226-guest', 'ssh-ng://b234-guest') {
            $result = Invoke-NixRemoteBuild (New-Derivation guest 'echo guest > $out') -Builder "$builder x86_64-linux" -WarningVariable warnings -WarningAction SilentlyContinue
            $result.Status | Should -Be Built
            "$warnings" | Should -BeLike '*does not trust this user*trusted-users*'
            nix-store --verify-path $result.Outputs['out']
            $LASTEXITCODE | Should -Be 0
        }
    }

    It 'evaluates on a builder and unpacks here' {
        $folder = Join-Path $TestDrive 'evaluated'
        $null = New-Item -ItemType Directory $folder
        Set-Content "$folder/default.nix" "{ name }: derivation { inherit name; system = builtins.currentSystem; builder = `"/bin/sh`"; args = [ `"-c`" `"echo `$name > `$out`" ]; nonce = `"$(New-Guid)`"; }"
        Set-Content "$folder/release.nix" 'import ./default.nix { name = "unpacked"; }'
        $result = Invoke-NixRemoteBuild -File "$folder/release.nix" -EvaluateOn b234 -Unpack "$TestDrive/result"
        $result.Status | Should -Be Built
        Get-Content $result.Unpacked['out'] | Should -Be unpacked
    }

    It 'is found by Get-Help with its examples' {
        (Get-Help Invoke-NixRemoteBuild).Examples.Example.Count | Should -BeGreaterThan 1
    }
}
