Describe 'Register-NixBuilder' {
    BeforeAll {
        . "$PSScriptRoot/common.ps1"
        $file = "$TestDrive/machines"
    }
    BeforeEach {
        Enter-TestBed
        Remove-Item $file -ErrorAction Ignore
    }

    It 'adds a machine that ssh reaches already' {
        $new = Register-NixBuilder b234 -Path $file
        $new.Test.Status | Should -Be Passed
        $new.HostKey | Should -Match '^SHA256:'
        $builder = Get-NixBuilder -Path $file
        $builder.Uri | Should -Be 'ssh-ng://b234'
        $builder.MaxJobs | Should -Be 2
        $builder.SupportedFeatures | Should -Be big-parallel
        Test-NixBuilder $builder -Build -Quiet | Should -BeTrue
    }

    It 'adds to a file and keeps what is there' {
        Set-Content $file "# mine`nssh://other x86_64-linux"
        Register-NixBuilder ssh://b28 -Path $file | Out-Null
        (Get-NixBuilder -Path $file).Name | Should -Be other, b28
        Get-Content $file | Select-Object -First 1 | Should -Be '# mine'
    }

    It 'does not replace an entry without -Force' {
        Register-NixBuilder b234 -Path $file | Out-Null
        { Register-NixBuilder b234 -Path $file -ErrorAction Stop } | Should -Throw -ErrorId 'DestinationExists,*'
        (Register-NixBuilder b234 -Path $file -Force -MaxJobs 9).Builder.MaxJobs | Should -Be 9
    }

    It 'writes <As>' -ForEach @(@{ As = 'Toml'; Text = '*machines.b234*' }, @{ As = 'Legacy'; Text = 'ssh-ng://b234 *' }) {
        Register-NixBuilder b234 -Path $file -As $As | Out-Null
        Get-Content $file -Raw | Should -BeLike $Text
    }

    It 'changes nothing with -WhatIf' {
        Register-NixBuilder b234 -Path $file -NewKey -IdentityFile "$TestDrive/key" -WhatIf | Should -BeNullOrEmpty
        $file, "$TestDrive/key" | Should -Not -Exist
    }
}
